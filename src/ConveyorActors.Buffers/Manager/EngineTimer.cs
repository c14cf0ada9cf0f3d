using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// The single timer for all deadlines: leases, backoffs, expiry, credits, the removal of idle stages, and a failing
/// store.
/// </summary>
sealed class EngineTimer<T>(ManagerParts<T> parts)
{
    const long StoreCheckEveryMs = 250;

    readonly EngineClock clock = parts.Clock;
    readonly IBufferStore<T>? store = parts.Store;
    ITimer? timer;
    readonly Lock timing = new();
    long armedFor = long.MaxValue;
    long storeCheckAt = long.MaxValue; // set while a caller waits for a failing store

    /// <summary>Creates the timer.</summary>
    public void Start() =>
        timer = clock.Provider.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Stops the timer.</summary>
    public ValueTask StopAsync() => timer!.DisposeAsync();

    /// <summary>
    /// Sets the timer to fire at a time or before it, and at the next check of a failing store. Never called under a
    /// stage's gate.
    /// </summary>
    public void ArmFor(long due)
    {
        if (store is not null)
            due = Math.Min(due, Volatile.Read(ref storeCheckAt));
        if (due < Volatile.Read(ref armedFor))
            Arm(due);
    }

    /// <summary>Moves the timer to an earlier time. Never called under a stage's gate.</summary>
    public void Arm(long due)
    {
        lock (timing)
        {
            if (due >= armedFor || parts.State == ManagerState.Stopped)
                return;
            Volatile.Write(ref armedFor, due);
            timer!.Change(
                TimeSpan.FromMilliseconds(Math.Clamp(due - clock.NowMs, 0, int.MaxValue)),
                Timeout.InfiniteTimeSpan
            );
        }
    }

    /// <summary>
    /// Schedules checks of a failing store while a caller waits for it, because the store does not signal when it can
    /// write again.
    /// </summary>
    public void WatchStore_NeedsLock(StageState<T> stage)
    {
        if (Volatile.Read(ref storeCheckAt) == long.MaxValue)
            Volatile.Write(ref storeCheckAt, stage.Now + StoreCheckEveryMs);
    }

    /// <summary>Schedules a check of a store that could not be read or written. Never called under a stage's gate.</summary>
    public void WatchStore()
    {
        if (Volatile.Read(ref storeCheckAt) == long.MaxValue)
            Volatile.Write(ref storeCheckAt, clock.NowMs + StoreCheckEveryMs);
        ArmFor(long.MaxValue);
    }

    void CheckStore(long now)
    {
        var isFailing = store!.IsFailing;
        Volatile.Write(ref storeCheckAt, isFailing ? now + StoreCheckEveryMs : long.MaxValue);
        if (isFailing)
            return;
        if (!parts.Backlog.Pending.IsEmpty)
            parts.Backlog.LoadSoon();
        parts.Room.Pump();
    }

    void OnTimer()
    {
        lock (timing)
            Volatile.Write(ref armedFor, long.MaxValue);
        var now = clock.NowMs;
        if (now >= parts.IdleRemoval.DueAt)
            parts.IdleRemoval.RemoveIdle(now);
        if (now >= Volatile.Read(ref storeCheckAt))
            CheckStore(now);
        var next = Math.Min(parts.IdleRemoval.DueAt, Volatile.Read(ref storeCheckAt));
        foreach (var (_, stage) in parts.Stages.All)
        {
            stage.Gate.Enter();
            if (stage.NextDue > now || stage.IsRemoved)
            {
                next = Math.Min(next, stage.NextDue);
                stage.Gate.Exit();
                continue;
            }
            var lastUsed = stage.LastUsed;
            parts.Stages.TryStart_NeedsLock(stage);
            stage.LastUsed = lastUsed;
            try
            {
                stage.Buffer.ProcessDue(stage.Now);
                while (stage.Credits.RemoveNextExpired(stage.Now) is { } credit)
                    parts.Credits.CloseCredit_NeedsLock(stage, credit);
            }
            finally
            {
                parts.Sessions.Leave(stage);
            }
            next = Math.Min(next, stage.NextDue);
        }
        Arm(next);
    }
}
