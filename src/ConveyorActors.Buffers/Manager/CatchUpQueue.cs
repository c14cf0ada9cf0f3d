namespace ConveyorActors.Buffers.Manager;

/// <summary>Offers that wait because the store is behind. They are made in the order they arrived, as soon as the store has caught up, and on no caller's thread.</summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="catchUp">Completes when the store is no longer behind, or is failing.</param>
sealed class CatchUpQueue(Func<Task> catchUp)
{
    readonly Lock gate = new();
    readonly Queue<Waiting> queue = new();
    volatile bool isInUse;

    /// <summary>Whether an offer waits: a later one must not overtake it.</summary>
    public bool IsInUse => isInUse;

    /// <summary>Makes an offer once the store has caught up and the earlier offers were made.</summary>
    /// <param name="offer">Makes the offer.</param>
    /// <param name="cancellation">Ends the wait; nothing was offered then.</param>
    public async ValueTask<OfferResult> WaitAsync(Func<ValueTask<OfferResult>> offer, CancellationToken cancellation)
    {
        var waiting = new Waiting(offer);
        lock (gate)
        {
            queue.Enqueue(waiting);
            if (!isInUse)
            {
                isInUse = true;
                _ = Task.Run(ServeAsync, CancellationToken.None);
            }
        }
        using (cancellation.UnsafeRegister(_ => waiting.Cancel(cancellation), null)) return await waiting.Result.ConfigureAwait(false);
    }

    async Task ServeAsync()
    {
        while (true)
        {
            await catchUp().ConfigureAwait(false);
            Waiting next;
            lock (gate)
            {
                isInUse = queue.TryDequeue(out next!);
                if (!isInUse) return;
            }
            next.Make();
        }
    }

    sealed class Waiting(Func<ValueTask<OfferResult>> offer)
    {
        readonly TaskCompletionSource<OfferResult> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int isOver;

        public Task<OfferResult> Result => result.Task;

        public void Cancel(CancellationToken cancellation)
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0) result.SetCanceled(cancellation);
        }

        /// <summary>Makes the offer. If it has to wait for room, it waits in its place among the stage's waiting offers.</summary>
        public void Make()
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0) _ = MakeAsync();
        }

        async Task MakeAsync()
        {
            try { result.SetResult(await offer().ConfigureAwait(false)); }
            catch (OperationCanceledException cancelled) { result.SetCanceled(cancelled.CancellationToken); }
            catch (Exception wrong) { result.SetException(wrong); }
        }
    }
}
