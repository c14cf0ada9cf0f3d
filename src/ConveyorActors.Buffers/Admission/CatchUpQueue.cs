namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// Queues offers that wait for something other than room: a store that is behind, or the reply of a budget. Each offer
/// is made in order of arrival once the wait is over, on a thread other than the caller's.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="catchUp">
/// Completes when the first offer, with the given number of records, no longer has to wait.
/// </param>
sealed class CatchUpQueue(Func<int, Task> catchUp)
{
    readonly Lock gate = new();
    readonly Queue<Waiting> queue = new();
    volatile bool isInUse;

    /// <summary>Gets whether an offer waits: a later offer must not overtake it.</summary>
    public bool IsInUse => isInUse;

    /// <summary>Makes an offer once the offer need not wait and the earlier offers have been made.</summary>
    /// <param name="offer">A function that makes the offer.</param>
    /// <param name="records">The number of records in the offer.</param>
    /// <param name="cancellationToken">Ends the wait; the offer is then not made.</param>
    public async ValueTask<OfferResult> WaitAsync(
        Func<ValueTask<OfferResult>> offer,
        int records,
        CancellationToken cancellationToken
    )
    {
        var waiting = new Waiting(offer, records);
        lock (gate)
        {
            queue.Enqueue(waiting);
            if (!isInUse)
            {
                isInUse = true;
                _ = Task.Run(ServeAsync, CancellationToken.None);
            }
        }
        using (cancellationToken.UnsafeRegister(_ => waiting.Cancel(cancellationToken), null))
            return await waiting.Result.ConfigureAwait(false);
    }

    async Task ServeAsync()
    {
        while (PeekNext() is { } next)
        {
            await catchUp(next.Records).ConfigureAwait(false);
            lock (gate)
                queue.Dequeue();
            next.Make();
        }
    }

    /// <summary>Returns the first offer that waits; null: none does, and the queue is no longer in use.</summary>
    Waiting? PeekNext()
    {
        lock (gate)
        {
            isInUse = queue.TryPeek(out var next);
            return next;
        }
    }

    sealed class Waiting(Func<ValueTask<OfferResult>> offer, int records)
    {
        public int Records { get; } = records;

        readonly TaskCompletionSource<OfferResult> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int isOver;

        public Task<OfferResult> Result => result.Task;

        public void Cancel(CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0)
                result.SetCanceled(cancellationToken);
        }

        /// <summary>
        /// Makes the offer. If it must wait for room, it takes its place among the stage's waiting offers.
        /// </summary>
        public void Make()
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0)
                _ = MakeAsync();
        }

        async Task MakeAsync()
        {
            try
            {
                result.SetResult(await offer().ConfigureAwait(false));
            }
            catch (OperationCanceledException cancelled)
            {
                result.SetCanceled(cancelled.CancellationToken);
            }
            catch (Exception wrong)
            {
                result.SetException(wrong);
            }
        }
    }
}
