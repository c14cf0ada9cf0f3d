namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Closes the engine of a pipeline that moves to another node: outstanding changes are written, and waiting calls get a
/// reply.
/// </summary>
static class HandingOver
{
    static readonly TimeSpan RepliesWithin = TimeSpan.FromSeconds(2),
        CheckInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Closes the engine. This happens before the actors end, so that an offer that is being written gets its actual
    /// result.
    /// </summary>
    public static async Task CloseAsync(PipelineContext context)
    {
        await context.Buffers.DisposeAsync().ConfigureAwait(false);
        var began = TimeProvider.System.GetTimestamp();
        while (context.HasWaits && TimeProvider.System.GetElapsedTime(began) < RepliesWithin)
            await Task.Delay(CheckInterval, TimeProvider.System).ConfigureAwait(false);
    }
}
