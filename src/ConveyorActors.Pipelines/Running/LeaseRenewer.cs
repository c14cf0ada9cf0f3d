using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Running;

/// <summary>Renews a lease every third of its timeout while it is worked on.</summary>
sealed class LeaseRenewer : IDisposable
{
    readonly RunContext run;
    readonly LeasedBatch lease;
    readonly ITimer timer;

    public LeaseRenewer(RunContext run, LeasedBatch lease)
    {
        (this.run, this.lease) = (run, lease);
        var period = run.Definition.LeaseTimeout / 3;
        timer = run.Clock.CreateTimer(_ => _ = RenewAsync(), null, period, period);
    }

    public void Dispose() => timer.Dispose();

    async Task RenewAsync()
    {
        try
        {
            // If the lease had expired, settling it will fail, so the result is not checked here.
            await run.Buffers.RenewAsync(run.Pipeline, lease.Stage, lease.Id).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            run.Control.Warn($"a lease of stage '{lease.Stage}' could not be renewed: {e.Message}");
        }
    }
}
