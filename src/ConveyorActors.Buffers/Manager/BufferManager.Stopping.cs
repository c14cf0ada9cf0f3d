using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<StopReport> stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int stopsAsked;

    /// <summary>Refuses new offers, lets consumers finish until the deadline, and reports what was settled and what remains.</summary>
    /// <remarks>The first call's deadline holds; whoever calls again gets the same report.</remarks>
    /// <param name="deadline">From zero, or infinite: until nothing is pending. Credits that are out keep their promise until nothing is pending, but nobody waits for them to be used.</param>
    /// <param name="cancellation">Ends the wait for the report. The stop goes on.</param>
    public ValueTask<StopReport> StopAsync(TimeSpan deadline, CancellationToken cancellation = default)
    {
        LongWait.Checked(deadline, nameof(deadline));
        if (Interlocked.Exchange(ref stopsAsked, 1) == 0) _ = StopOnceAsync(deadline);
        return new(stopped.Task.WaitAsync(cancellation));
    }

    /// <summary>Whether the report of a stop is available.</summary>
    internal bool HasStopped => stopped.Task.IsCompleted;

    async Task StopOnceAsync(TimeSpan deadline)
    {
        var before = Settled(Snapshot());
        state = (int)ManagerState.Draining;
        foreach (var (_, stage) in stages) RefuseThoseWhoWait(stage);
        CheckDrained();
        await LongWait.ForAsync(drained.Task, deadline, clock.Provider).ConfigureAwait(false); // the report says what remains
        state = (int)ManagerState.Stopped;
        foreach (var (_, stage) in stages) EndWaits(stage);
        foreach (var (_, source) in sources) source.EndSubscriptions();
        var after = Snapshot();
        await timer.DisposeAsync().ConfigureAwait(false);
        metrics?.Dispose();
        var remaining = after.Stages.Where(s => s.Level.Pending > 0).ToDictionary(s => s.Stage, s => s.Level.Pending, StringComparer.Ordinal);
        var isDurable = false;
        var held = options.Allowances is { } allowances ? GiveUpAllowances(allowances) : null;
        if (store is not null)
        {
            TellAllRefusals();
            isDurable = await store.FlushAsync().ConfigureAwait(false);
        }
        if (held is not null) options.AllowancesClosed?.Invoke(isDurable ? held : null);
        stopped.SetResult(new(Settled(after) - before, after.Total.Pending, remaining, isDurable));
    }

    static long Settled(PipelineSnapshot s) => s.Total.Completed + s.Total.Dropped + s.Total.Expired + s.Total.DeadLettered;

    void RefuseThoseWhoWait(StageState<T> stage)
    {
        RoomWaiter[] refused;
        stage.Gate.Enter();
        if (!TryStart_NeedsLock(stage))
        {
            stage.Gate.Exit();
            return;
        }
        try
        {
            refused = [.. stage.Lane.Waiters];
            foreach (var waiter in refused)
            {
                stage.Lane.Remove(waiter);
                Serve_NeedsLock(stage, waiter, OfferStatus.StageFull); // the manager is draining: nothing is accepted
            }
            ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally { Leave(stage); }
        foreach (var waiter in refused) Answer(waiter);
    }

    static void EndWaits(StageState<T> stage)
    {
        using (stage.Gate.Pass())
        {
            stage.WakeAllConsumers_NeedsLock();
            foreach (var hop in stage.Hops) hop.Done.TrySetResult();
        }
    }

    /// <summary>Nothing is pending when no room is taken but by credits that nobody has used, and no hop waits.</summary>
    void CheckDrained()
    {
        if (global.Used == Interlocked.Read(ref creditsOut) && waiting.IsEmpty && backlogs.IsEmpty) drained.TrySetResult();
    }
}
