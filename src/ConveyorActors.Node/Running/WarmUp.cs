using Akka.Event;
using ConveyorActors.Actors;
using ConveyorActors.Persistence;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Compiles the code that opens pipelines while the node joins, so that the first pipelines that move here do not wait
/// for the compilation.
/// </summary>
static class WarmUp
{
    static readonly TimeSpan Max = TimeSpan.FromSeconds(20);

    /// <summary>Completes when the warm-up is done, has failed or has taken too long. Never fails.</summary>
    public static async Task RunAsync(
        ConveyorSystem conveyor,
        ActorSystem system,
        Address self,
        CancellationToken signal
    )
    {
        if (
            !conveyor.Settings.KeepsRecords
            || conveyor.Settings.Cluster.Role is { } role && !Akka.Cluster.Cluster.Get(system).SelfRoles.Contains(role)
        )
            return;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signal);
        ended.CancelAfter(Max);
        try
        {
            await Task.Run(() => JournalWarmUp.RunAsync(system, $"{self.Host}:{self.Port}", ended.Token), ended.Token)
                .WaitAsync(ended.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The journal is slow, or the node stops.
        }
        catch (Exception failure)
        {
            // The first pipeline that is opened has the same failure, and reports it.
            system.Log.Warning(
                "The journal was not warmed up, so the first pipelines open slowly: {Reason}",
                Messages.FormatOneLine(failure)
            );
        }
    }
}
