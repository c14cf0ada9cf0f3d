using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Events;

/// <summary>Follows the signal of one source: every change becomes an event.</summary>
/// <remarks>A source that nothing happens to is let go of, so that the buffers can remove it.</remarks>
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

    /// <summary>Completes when the source is not followed any more; never fails.</summary>
    public Task Done { get; }

    /// <summary>
    /// Gets or sets how many records the source had offered when something was last seen to happen to it.
    /// </summary>
    public long Offered { get; set; }

    /// <summary>Gets or sets when that was.</summary>
    public long ActiveAt { get; set; }

    async Task FollowAsync(IBufferService service, string pipeline, string source)
    {
        await Task.Yield();
        try
        {
            await foreach (var now in service.SubscribeSignalsAsync(pipeline, source, end.Token).ConfigureAwait(false))
            {
                // The same signal comes again when there is room for what was refused.
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
            // It is let go of, or the service ends; where it goes on, the next look follows it anew.
        }
    }

    public void Dispose()
    {
        end.Cancel();
        end.Dispose();
    }
}
