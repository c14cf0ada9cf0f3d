using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// One timer for all that happens with time: leases, backoffs, expiry, credits, removal, a store that fails.
/// </summary>
sealed class EngineTimer<T>(ManagerParts<T> parts)
{
    const long StoreCheckEveryMs = 250;

    readonly EngineClock clock = parts.Clock;
    readonly IBufferStore<T>? store = parts.Store;
    ITimer? timer;
    readonly Lock timing = new();
    long armedFor = long.MaxValue;
    long storeCheckAt = long.MaxValue; // while somebody waits for a store that fails

    /// <summary>Starts to look after what happens with time.</summary>
    public void Start() =>
        timer = clock.Provider.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Ends it.</summary>
    public ValueTask StopAsync() => timer!.DisposeAsync();

    /// <summary>
    /// Sees to it that the timer is due at a moment or before it, and when the store is to be looked at. Never called
    /// under a stage's gate.
    /// </summary>
    public void ArmFor(long due)
    {
        if (store is not null)
            due = Math.Min(due, Volatile.Read(ref storeCheckAt));
        if (due < Volatile.Read(ref armedFor))
            Arm(due);
    }

    /// <summary>Sets the timer to an earlier moment. Never called under a stage's gate.</summary>
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
    /// Somebody waits for the store to write again: it does not tell when it does, so it is looked at from time to
    /// time.
    /// </summary>
    public void WatchStore_NeedsLock(StageState<T> stage)
    {
        if (Volatile.Read(ref storeCheckAt) == long.MaxValue)
            Volatile.Write(ref storeCheckAt, stage.Now + StoreCheckEveryMs);
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
            parts.IdleRemoval.Tidy(now);
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
                stage.Buffer.Tick(stage.Now);
                while (stage.Credits.NextExpired(stage.Now) is { } credit)
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
