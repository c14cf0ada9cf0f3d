namespace ConveyorActors.Buffers.Flow;

/// <summary>
/// Delivers the signals of one source: the current one first, then every change in order. After an offer or a request
/// for credits was refused, the signal is delivered again when there is room for it, even if unchanged, so that a
/// reader does not wait forever after a refusal.
/// </summary>
/// <remarks>
/// Any thread may publish; only one reader is supported. A reader that falls behind by more than 256 changes misses the
/// oldest ones, never the latest; <see cref="Missed"/> counts them. Dispose the subscription, or the source keeps it.
/// </remarks>
public sealed class SignalSubscription : IDisposable
{
    const int MaxKept = 256;

    readonly Lock gate = new();
    readonly Queue<BackpressureSignal> kept = new();
    readonly Action<SignalSubscription> dispose;
    TaskCompletionSource<bool>? reader;
    bool isEnded;

    internal SignalSubscription(Action<SignalSubscription> dispose) => this.dispose = dispose;

    /// <summary>Gets the number of changes that the reader missed because it was too slow.</summary>
    public long Missed { get; private set; }

    /// <summary>Reads the next signal if it is already available.</summary>
    public bool TryRead(out BackpressureSignal signal)
    {
        lock (gate)
            return kept.TryDequeue(out signal);
    }

    /// <summary>Returns the next signal; null when the manager has stopped or the subscription was disposed.</summary>
    public async ValueTask<BackpressureSignal?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            TaskCompletionSource<bool> waiting;
            lock (gate)
            {
                if (kept.TryDequeue(out var signal))
                    return signal;
                if (isEnded)
                    return null;
                waiting = reader ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            await waiting.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal void Publish(BackpressureSignal signal)
    {
        TaskCompletionSource<bool>? waiting;
        lock (gate)
        {
            if (isEnded)
                return;
            if (kept.Count == MaxKept)
            {
                kept.Dequeue();
                Missed++;
            }
            kept.Enqueue(signal);
            (waiting, reader) = (reader, null);
        }
        waiting?.TrySetResult(true);
    }

    internal void End()
    {
        TaskCompletionSource<bool>? waiting;
        lock (gate)
        {
            isEnded = true;
            (waiting, reader) = (reader, null);
        }
        waiting?.TrySetResult(true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        dispose(this);
    }
}
