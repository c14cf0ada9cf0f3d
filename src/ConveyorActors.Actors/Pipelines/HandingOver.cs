namespace ConveyorActors.Actors.Pipelines;

/// <summary>Lets go of a pipeline's engine: what is outstanding is written, whoever waits is replied to, and its actors end.</summary>
static class HandingOver
{
    static readonly TimeSpan RepliesWithin = TimeSpan.FromSeconds(2), ActorsWithin = TimeSpan.FromSeconds(5), LookEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>The engine first: an offer that is being written gets its true reply from the actors, which therefore end last.</summary>
    public static async Task RunAsync(PipelineEngine engine, IActorRef? manager)
    {
        try
        {
            await engine.Buffers.DisposeAsync().ConfigureAwait(false);
            var began = TimeProvider.System.GetTimestamp();
            while (engine.HasWaits && TimeProvider.System.GetElapsedTime(began) < RepliesWithin) await Task.Delay(LookEvery, TimeProvider.System).ConfigureAwait(false);
            if (manager is not null) await manager.GracefulStop(ActorsWithin).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            // The actors work on: what they do is refused by the engine.
        }
        finally
        {
            engine.Abandon(Problems.Stopped);
        }
    }
}
