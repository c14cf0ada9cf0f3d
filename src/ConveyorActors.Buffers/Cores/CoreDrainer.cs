namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// One life of a drainer: takes batches out of a buffer and hands them to the sink, until the buffer is closed and
/// empty, or the drainer is cancelled.
/// </summary>
/// <remarks>
/// All state that must survive the drainer's death is in the <see cref="CoreBuffer{T}"/>, so that the next life
/// continues where this one ended. An exception that leaves <see cref="Run"/> is such a death; a failing sink or
/// dead-letter callback is not.
/// </remarks>
sealed class CoreDrainer<T>(CoreBuffer<T> buffer, CoreDrain<T> drain, CancellationToken cancellationToken) : IDisposable
{
    readonly int batchSize = drain.Settings.BatchSize;
    readonly TimeSpan linger =
        drain.Settings.Linger == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : drain.Settings.Linger;
    readonly DrainerWait<T> drainerWait = new(buffer, drain.Clock);

    /// <summary>Works until there is nothing left to do. Blocks its thread.</summary>
    public void Run()
    {
        buffer.Ring.Unpark(); // In case the previous life ended while the drainer slept.
        while (Gather())
        {
            drain.Probe?.Invoke(CoreStep.Taken, buffer.Core);
            if (!Deliver())
                return;
            drain.Probe?.Invoke(CoreStep.Settled, buffer.Core);
        }
    }

    public void Dispose() => drainerWait.Dispose();

    /// <summary>Waits until there is a batch; returns false if there will be none.</summary>
    bool Gather()
    {
        long? since = null;
        if (buffer.HeldCount == 0)
            drainerWait.WaitForBatch(batchSize);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (buffer.HeldCount > 0)
                return true; // The batch of the previous life.
            var ready = buffer.Ring.CountReady(batchSize);
            if (ready == 0)
            {
                // The flag is read before the count, because the count no longer changes once the ring is closed.
                if (buffer.Ring.IsClosed && buffer.Ring.Accepted == buffer.Ring.Taken)
                    return false;
                drainerWait.WaitForItems(0, alarm: null);
                continue;
            }

            if (IsDue(ready, ref since, out var left))
            {
                buffer.Take(ready);
                drainerWait.Reset();
                return true;
            }

            drainerWait.WaitForItems(ready, left);
        }

        return false;
    }

    /// <summary>Returns whether the ready items need not wait for more.</summary>
    bool IsDue(int ready, ref long? since, out TimeSpan left)
    {
        left = default;
        if (linger == TimeSpan.Zero || ready == batchSize || buffer.Ring.IsClosed)
            return true;
        var now = drain.Clock.GetTimestamp();
        since ??= now;
        left = linger - drain.Clock.GetElapsedTime(since.Value, now);
        // Waiting is also useless when the batch cannot grow: the ring is full, or the end of its array is reached.
        return left <= TimeSpan.Zero || !buffer.Ring.CanGrow(ready);
    }

    /// <summary>
    /// Hands the batch over until it is settled; returns false if the drainer is cancelled and the batch stays taken.
    /// </summary>
    bool Deliver()
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                HandOver();
            }
            catch (Exception error)
            {
                // A sink that obeys the cancellation of a stop has not failed.
                if (cancellationToken.IsCancellationRequested && error is OperationCanceledException)
                    return false;
                buffer.RecordSinkFailure(error);
                drain.Probe?.Invoke(CoreStep.Failed, buffer.Core);
                if (cancellationToken.IsCancellationRequested)
                    return false;
                if (buffer.Attempts > drain.Settings.MaxRetries)
                {
                    GiveUp(error);
                    return true;
                }

                BackOff();
                continue;
            }

            drain.Probe?.Invoke(CoreStep.Sunk, buffer.Core);
            buffer.SettleDrained();
            return true;
        }

        return false;
    }

    void HandOver()
    {
        var taken = drain.Sink(buffer.Batch, buffer.Core, cancellationToken);
        // The thread belongs to the drainer, so it may block for a slow sink. A sink that completes at once costs no
        // allocation.
        if (taken.IsCompleted)
            taken.GetAwaiter().GetResult();
        else
            taken.AsTask().GetAwaiter().GetResult();
    }

    void GiveUp(Exception error)
    {
        try
        {
            drain.DeadLetters?.Invoke(buffer.Batch, error);
        }
        catch (Exception failure)
        {
            // No callback is left to take the batch. The batch is counted, and the items behind it are not held up.
            buffer.RecordDeadLetterFailure(failure);
        }

        buffer.SettleDeadLettered();
    }

    void BackOff()
    {
        var wait = TimeSpan.FromMilliseconds(
            drain.Settings.Backoff.GetDelayMilliseconds(buffer.Attempts, Random.Shared.NextDouble())
        );
        var since = drain.Clock.GetTimestamp();
        for (
            var left = wait;
            left > TimeSpan.Zero && !cancellationToken.IsCancellationRequested;
            left = wait - drain.Clock.GetElapsedTime(since)
        )
        {
            drainerWait.WaitFor(left);
        }
    }
}
