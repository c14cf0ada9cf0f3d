using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    const long TidyEveryMs = 60_000;
    const long StoreCheckEveryMs = 250;

    readonly ITimer timer;
    readonly Lock timing = new();
    long armedFor = long.MaxValue;
    long tidyAt;
    long storeCheckAt = long.MaxValue; // while somebody waits for a store that fails

    /// <summary>Sets the timer to an earlier moment. Never called under a stage's gate.</summary>
    void Arm(long due)
    {
        lock (timing)
        {
            if (due >= armedFor || State == ManagerState.Stopped) return;
            Volatile.Write(ref armedFor, due);
            timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(due - clock.NowMs, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Somebody waits for the store to write again: it does not tell when it does, so it is looked at from time to time.</summary>
    void WatchStore_NeedsLock(StageState<T> stage)
    {
        if (Volatile.Read(ref storeCheckAt) == long.MaxValue) Volatile.Write(ref storeCheckAt, stage.Now + StoreCheckEveryMs);
    }

    void CheckStore(long now)
    {
        var isFailing = store!.IsFailing;
        Volatile.Write(ref storeCheckAt, isFailing ? now + StoreCheckEveryMs : long.MaxValue);
        if (!isFailing) Pump();
    }

    void OnTimer()
    {
        lock (timing) Volatile.Write(ref armedFor, long.MaxValue);
        var now = clock.NowMs;
        if (now >= Volatile.Read(ref tidyAt)) Tidy(now);
        if (now >= Volatile.Read(ref storeCheckAt)) CheckStore(now);
        var next = Math.Min(Volatile.Read(ref tidyAt), Volatile.Read(ref storeCheckAt));
        foreach (var (_, stage) in stages)
        {
            stage.Gate.Enter();
            if (stage.NextDue > now || stage.IsRemoved)
            {
                next = Math.Min(next, stage.NextDue);
                stage.Gate.Exit();
                continue;
            }
            var lastUsed = stage.LastUsed;
            TryStart_NeedsLock(stage);
            stage.LastUsed = lastUsed;
            try
            {
                stage.Buffer.Tick(stage.Now);
                while (stage.Credits.NextExpired(stage.Now) is { } credit) CloseCredit_NeedsLock(stage, credit);
            }
            finally { Leave(stage); }
            next = Math.Min(next, stage.NextDue);
        }
        Arm(next);
    }

    /// <summary>Removes stages and sources that are idle and empty, keeping their numbers in the totals.</summary>
    void Tidy(long now)
    {
        var idleAfter = Durations.Milliseconds(settings.IdleAfter);
        Volatile.Write(ref tidyAt, now + Math.Min(TidyEveryMs, idleAfter));
        var idleSince = now - idleAfter;
        lock (structure)
        {
            foreach (var (id, stage) in stages)
            {
                using (stage.Gate.Pass())
                {
                    foreach (var line in stage.Buffer.Lines.ToArray())
                    {
                        if (stage.Pool.Zone == 0) line.WasRefused = false;
                        if (!line.IsIdle || line.LastUsed > idleSince)
                        {
                            line.Records.Trim();
                            continue;
                        }
                        if (store is not null) TellRemoval_NeedsLock(stage, line);
                        stage.Buffer.RemoveLine(line);
                        stage.Retired.Add(line.Counts);
                        line.Source?.Detach(line);
                    }
                    if (stage.Buffer.Settings.Duplicates is { } window && stage.Duplicates.IsHolding(window, now)) continue;
                    if (stage.LastUsed > idleSince || stage.HasOwnSettings || stage.IsHeldByOperator || stage.Buffer.Lines.Any() || stage.Buffer.DeadLetterCount > 0
                        || stage.Consumers.Count + stage.WakesUnderWay + stage.Lane.Count + stage.Hops.Count + stage.Credits.Count > 0) continue;
                    stage.IsRemoved = true;
                    KeepSequences(id, stage);
                    retired.Add(stage.Retired);
                    stages.TryRemove(id, out _);
                    recentStages.Forget(stage);
                }
            }
            foreach (var (id, source) in sources)
            {
                if (!source.TryRemove()) continue;
                sources.TryRemove(id, out _);
                recentSources.Forget(source);
            }
        }
    }
}
