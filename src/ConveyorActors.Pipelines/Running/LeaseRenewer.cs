using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Running;

/// <summary>Renews a lease at a third of its timeout for as long as it is worked on.</summary>
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
            // Whether it still was our lease, settling it will say.
            await run.Buffers.RenewAsync(run.Pipeline, lease.Stage, lease.Id).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            run.Control.Warn($"a lease of stage '{lease.Stage}' could not be renewed: {e.Message}");
        }
    }
}
