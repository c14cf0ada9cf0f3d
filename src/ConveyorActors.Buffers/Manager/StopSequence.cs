using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Stops a manager: refuses new offers, waits until nothing is pending or the deadline has passed, and reports.
/// </summary>
sealed class StopSequence<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly EngineClock clock = parts.Clock;
    readonly CapacityPool global = parts.Global;
    readonly IBufferStore<T>? store = parts.Store;
    BufferMetrics? metrics;
    readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<StopReport> stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int stopRequests;

    public async ValueTask DisposeAsync()
    {
        var stopping = StopAsync(TimeSpan.Zero);
        drained.TrySetResult();
        await stopping.ConfigureAwait(false);
        if (store is not null)
            parts.Journal.AppendAllRefusals(); // for offers after the stop
    }

    /// <summary>Publishes the manager's numbers as instruments of the meter, until the manager has stopped.</summary>
    public void StartMetrics()
    {
        if (options.IsMeasured)
            metrics = new(options.SystemName, options.PipelineId, parts.Snapshots.GetSnapshot, options.Clock);
    }

    public ValueTask<StopReport> StopAsync(TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        LongWait.Validate(deadline, nameof(deadline));
        if (Interlocked.Exchange(ref stopRequests, 1) == 0)
            _ = StopOnceAsync(deadline);
        return new(stopped.Task.WaitAsync(cancellationToken));
    }

    /// <summary>Gets whether the report of a stop is available.</summary>
    public bool HasStopped => stopped.Task.IsCompleted;

    async Task StopOnceAsync(TimeSpan deadline)
    {
        var before = parts.Snapshots.GetSnapshot().Total.Settled;
        parts.State = ManagerState.Draining;
        foreach (var (_, stage) in parts.Stages.All)
            RefuseWaiters(stage);
        CheckDrained();
        // The result is ignored, because the report contains the remaining records.
        await LongWait.WaitAsync(drained.Task, deadline, clock.Provider).ConfigureAwait(false);
        parts.State = ManagerState.Stopped;
        if (store is not null)
            await parts.Backlog.WaitForLoadAsync().ConfigureAwait(false); // the store may be closed after the stop
        foreach (var (_, stage) in parts.Stages.All)
            EndWaits(stage);
        foreach (var (_, source) in parts.Sources.All)
            source.EndSubscriptions();
        var after = parts.Snapshots.GetSnapshot();
        await parts.Timer.StopAsync().ConfigureAwait(false);
        metrics?.Dispose();
        var remaining = after
            .Stages.Where(s => s.Level.Pending > 0)
            .ToDictionary(s => s.Stage, s => s.Level.Pending, StringComparer.Ordinal);
        var isDurable = false;
        var held = options.Allowances is { } allowances ? parts.Allowances.GiveUpAllowances(allowances) : null;
        if (store is not null)
        {
            parts.Journal.AppendAllRefusals();
            isDurable = await store.FlushAsync().ConfigureAwait(false);
        }
        if (held is not null)
            options.AllowancesClosed?.Invoke(isDurable ? held : null);
        stopped.SetResult(new(after.Total.Settled - before, after.Total.Pending, remaining, isDurable));
    }

    void RefuseWaiters(StageState<T> stage)
    {
        RoomWaiter[] refused;
        stage.Gate.Enter();
        if (!parts.Stages.TryStart_NeedsLock(stage))
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
                // The manager is draining, so no record is accepted.
                parts.Room.Serve_NeedsLock(stage, waiter, OfferStatus.StageFull);
            }
            parts.Room.ForgetIfNobodyWaits_NeedsLock(stage);
        }
        finally
        {
            parts.Sessions.Leave(stage);
        }
        foreach (var waiter in refused)
            parts.Room.CompleteWait(waiter);
    }

    static void EndWaits(StageState<T> stage)
    {
        using (stage.Gate.Pass())
        {
            stage.WakeAllConsumers_NeedsLock();
            foreach (var hop in stage.Hops)
                hop.Done.TrySetResult();
        }
    }

    /// <summary>
    /// Completes the wait for an empty manager when the only room taken is that of unused credits, and no hop waits.
    /// </summary>
    public void CheckDrained()
    {
        if (global.Used == parts.Credits.Outstanding && parts.Room.Waiting.IsEmpty && parts.Backlog.Pending.IsEmpty)
            drained.TrySetResult();
    }
}
