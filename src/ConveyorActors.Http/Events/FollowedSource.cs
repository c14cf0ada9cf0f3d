using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Events;

/// <summary>Follows the signal of one source and raises an event for every change.</summary>
/// <remarks>A source without activity is released, so that the buffers can remove it.</remarks>
sealed class FollowedSource : IDisposable
{
    readonly CancellationTokenSource end = new();
    readonly Action<BackpressureSignal> changed;
    BackpressureSignal? signal;

    public FollowedSource(IBufferService service, string pipeline, string source, Action<BackpressureSignal> changed)
    {
        this.changed = changed;
        Done = FollowAsync(service, pipeline, source);
    }

    /// <summary>Gets a task that completes when the source is no longer followed; it never fails.</summary>
    public Task Done { get; }

    /// <summary>Gets or sets the number of records the source had offered when activity was last seen.</summary>
    public long Offered { get; set; }

    /// <summary>Gets or sets the timestamp of the last activity seen.</summary>
    public long ActiveAt { get; set; }

    async Task FollowAsync(IBufferService service, string pipeline, string source)
    {
        await Task.Yield();
        try
        {
            await foreach (var now in service.SubscribeSignalsAsync(pipeline, source, end.Token).ConfigureAwait(false))
            {
                // The same signal is sent again when room becomes free after a refusal.
                if (now == signal)
                    continue;
                signal = now;
                changed(now);
            }
        }
        catch (Exception e)
            when (e
                    is OperationCanceledException
                        or ObjectDisposedException
                        or InvalidOperationException
                        or NotSupportedException
            )
        {
            // The source was released, or the service is ending. If the service continues, the next snapshot follows
            // the source again.
        }
    }

    public void Dispose()
    {
        end.Cancel();
        end.Dispose();
    }
}
