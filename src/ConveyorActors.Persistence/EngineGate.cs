using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence;

/// <summary>
/// The gate in front of a pipeline's engine. While the pipeline is being opened, calls wait, in order; while it is
/// open, they pass; and while it cannot be opened or belongs to another process, they fail with the reason.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EngineGate
{
    readonly Lock gate = new();
    readonly Queue<Call> waiting = new();
    IBufferService? engine;
    string? refusal;
    TaskCompletionSource? nextCall; // completes when a call needs the pipeline while calls are refused

    /// <summary>Passes a call to the engine.</summary>
    /// <param name="call">The call.</param>
    /// <param name="whenRefused">
    /// The result of a refused call; null: the call fails with a <see cref="StoreException"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the opening.</param>
    public ValueTask<T> Pass<T>(
        Func<IBufferService, ValueTask<T>> call,
        Func<T>? whenRefused = null,
        CancellationToken cancellationToken = default
    ) => Pass(call, whenRefused, reopens: true, cancellationToken);

    /// <summary>
    /// Passes a query to the engine, or a call about leases that a takeover has voided. Such a call does not cause the
    /// pipeline to be opened again.
    /// </summary>
    public ValueTask<T> PassIfOpen<T>(
        Func<IBufferService, ValueTask<T>> call,
        Func<T>? whenRefused = null,
        CancellationToken cancellationToken = default
    ) => Pass(call, whenRefused, reopens: false, cancellationToken);

    ValueTask<T> Pass<T>(
        Func<IBufferService, ValueTask<T>> call,
        Func<T>? whenRefused,
        bool reopens,
        CancellationToken cancellationToken
    )
    {
        IBufferService? open;
        Call<T> pending;
        lock (gate)
        {
            open = waiting.Count == 0 ? engine : null;
            if (open is null && refusal is { } reason)
            {
                if (reopens)
                    nextCall?.TrySetResult();
                return whenRefused is null
                    ? ValueTask.FromException<T>(new StoreException(FormatSentence(reason)))
                    : new(whenRefused());
            }
            pending = open is null ? new(call, whenRefused) : null!;
            if (open is null)
                waiting.Enqueue(pending);
        }
        if (open is null)
            return new(pending.WaitAsync(cancellationToken));
        var work = call(open);
        return work.IsCompleted ? work : WatchAsync(work, open, whenRefused);
    }

    /// <summary>Makes calls wait.</summary>
    public void Wait()
    {
        lock (gate)
            (engine, refusal, nextCall) = (null, null, null);
    }

    /// <summary>Lets calls through, the waiting ones first.</summary>
    public void Open(IBufferService opened)
    {
        while (true)
        {
            Call next;
            lock (gate)
            {
                (refusal, nextCall) = (null, null);
                if (waiting.Count == 0)
                {
                    engine = opened;
                    return;
                }
                next = waiting.Dequeue();
            }
            next.Run(opened);
        }
    }

    /// <summary>Refuses calls, including those that wait.</summary>
    /// <returns>A task that completes with the next call.</returns>
    public Task Refuse(string reason)
    {
        Call[] refused;
        Task next;
        lock (gate)
        {
            (engine, refusal) = (null, reason);
            refused = [.. waiting];
            waiting.Clear();
            nextCall = new(TaskCreationOptions.RunContinuationsAsynchronously);
            next = nextCall.Task;
        }
        foreach (var call in refused)
            call.Refuse(FormatSentence(reason));
        return next;
    }

    /// <summary>
    /// Awaits a call that was under way when the engine was closed. If it failed because of that, its caller gets the
    /// actual reason instead.
    /// </summary>
    async ValueTask<T> WatchAsync<T>(ValueTask<T> work, IBufferService at, Func<T>? whenRefused)
    {
        T result;
        try
        {
            result = await work.ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (FindRefusal(at) is { } reason)
        {
            throw new StoreException(FormatSentence(reason));
        }
        if (FindRefusal(at) is not { } given)
            return result;
        return result is OfferResult { Status: OfferStatus.Draining, Consumed: 0 } && whenRefused is not null
                ? whenRefused()
            : result is LeasedBatch { Count: 0 } or CreditGrant { Records: 0 }
                ? throw new StoreException(FormatSentence(given))
            : result;
    }

    /// <summary>Returns whether calls currently pass to this engine.</summary>
    public bool IsOpenTo(IBufferService at)
    {
        lock (gate)
            return ReferenceEquals(engine, at);
    }

    string? FindRefusal(IBufferService at)
    {
        lock (gate)
            return ReferenceEquals(engine, at) ? null : refusal;
    }

    static string FormatSentence(string reason) =>
        $"{char.ToUpperInvariant(reason[0])}{reason[1..]}; nothing was done. Try again later.";

    abstract class Call
    {
        public abstract void Run(IBufferService engine);

        public abstract void Refuse(string reason);
    }

    sealed class Call<T>(Func<IBufferService, ValueTask<T>> call, Func<T>? whenRefused) : Call
    {
        readonly TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int isOver;

        public async Task<T> WaitAsync(CancellationToken cancellationToken)
        {
            using (
                cancellationToken.UnsafeRegister(
                    _ =>
                    {
                        if (Interlocked.Exchange(ref isOver, 1) == 0)
                            result.TrySetCanceled(cancellationToken);
                    },
                    null
                )
            )
                return await result.Task.ConfigureAwait(false);
        }

        public override void Run(IBufferService engine)
        {
            if (Interlocked.Exchange(ref isOver, 1) != 0)
                return;
            ValueTask<T> work;
            try
            {
                work = call(engine); // started here, to keep the order
            }
            catch (Exception wrong)
            {
                result.SetException(wrong);
                return;
            }
            _ = EndAsync(work);
        }

        public override void Refuse(string reason)
        {
            if (Interlocked.Exchange(ref isOver, 1) != 0)
                return;
            if (whenRefused is null)
                result.SetException(new StoreException(reason));
            else
                result.SetResult(whenRefused());
        }

        async Task EndAsync(ValueTask<T> work)
        {
            try
            {
                result.SetResult(await work.ConfigureAwait(false));
            }
            catch (OperationCanceledException cancelled)
            {
                result.TrySetCanceled(cancelled.CancellationToken);
            }
            catch (Exception wrong)
            {
                result.TrySetException(wrong);
            }
        }
    }
}
