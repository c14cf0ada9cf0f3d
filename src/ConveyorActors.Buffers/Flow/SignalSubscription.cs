namespace ConveyorActors.Buffers.Flow;

/// <summary>
/// The signals of one source as they change: the one at the start first, then every change in order. After an offer or
/// a request for credits was refused, the signal comes once more when there is room for it, changed or not: whoever
/// reads after a refusal does not wait for ever.
/// </summary>
/// <remarks>
/// Any thread may publish; one reader. A reader that falls behind by more than 256 changes misses the oldest ones,
/// never the latest; <see cref="Missed"/> counts them. Dispose it, or the source keeps it.
/// </remarks>
public sealed class SignalSubscription : IDisposable
{
    const int MostKept = 256;

    readonly Lock gate = new();
    readonly Queue<BackpressureSignal> kept = new();
    readonly Action<SignalSubscription> dispose;
    TaskCompletionSource<bool>? reader;
    bool isEnded;

    internal SignalSubscription(Action<SignalSubscription> dispose) => this.dispose = dispose;

    /// <summary>Changes that the reader was too slow for.</summary>
    public long Missed { get; private set; }

    /// <summary>The next signal when there is one already.</summary>
    public bool TryRead(out BackpressureSignal signal)
    {
        lock (gate)
            return kept.TryDequeue(out signal);
    }

    /// <summary>The next signal; null when the manager has stopped or the subscription was disposed.</summary>
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
            if (kept.Count == MostKept)
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
