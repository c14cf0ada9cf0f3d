namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// Offers that wait for something other than room: a store that is behind, or the reply of a budget. They are made in
/// the order they arrived, as soon as there is nothing to wait for, and on no caller's thread.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="catchUp">Completes when the first offer, of so many records, need not wait any more.</param>
sealed class CatchUpQueue(Func<int, Task> catchUp)
{
    readonly Lock gate = new();
    readonly Queue<Waiting> queue = new();
    volatile bool isInUse;

    /// <summary>Whether an offer waits: a later one must not overtake it.</summary>
    public bool IsInUse => isInUse;

    /// <summary>Makes an offer once it need not wait and the earlier offers were made.</summary>
    /// <param name="offer">Makes the offer.</param>
    /// <param name="records">How many records it has.</param>
    /// <param name="cancellationToken">Ends the wait; nothing was offered then.</param>
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
        while (true)
        {
            Waiting next;
            lock (gate)
            {
                isInUse = queue.TryPeek(out next!);
                if (!isInUse)
                    return;
            }
            await catchUp(next.Records).ConfigureAwait(false);
            lock (gate)
                queue.Dequeue();
            next.Make();
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
        /// Makes the offer. If it has to wait for room, it waits in its place among the stage's waiting offers.
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
