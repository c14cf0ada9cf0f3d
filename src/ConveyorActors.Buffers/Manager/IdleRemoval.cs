using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Removes stages and sources that are idle and empty.</summary>
sealed class IdleRemoval<T>(ManagerParts<T> parts)
{
    const long CleanupIntervalMs = 60_000;

    readonly Lock structure = parts.Structure;
    readonly IBufferStore<T>? store = parts.Store;
    long dueAt;

    /// <summary>Gets the time of the next search for idle stages and sources.</summary>
    public long DueAt => Volatile.Read(ref dueAt);

    /// <summary>Schedules the first search.</summary>
    public void Start()
    {
        dueAt = parts.Clock.NowMs + Math.Min(CleanupIntervalMs, Durations.ToMilliseconds(parts.Settings.IdleAfter));
        parts.Timer.Arm(dueAt);
    }

    /// <summary>Removes stages and sources that are idle and empty, keeping their numbers in the totals.</summary>
    public void RemoveIdle(long now)
    {
        var idleAfter = Durations.ToMilliseconds(parts.Settings.IdleAfter);
        Volatile.Write(ref dueAt, now + Math.Min(CleanupIntervalMs, idleAfter));
        var idleSince = now - idleAfter;
        lock (structure)
        {
            foreach (var (_, stage) in parts.Stages.All)
            {
                using (stage.Gate.Pass())
                {
                    foreach (var queue in stage.Buffer.Queues.ToArray())
                    {
                        if (stage.Pool.Zone == 0)
                            queue.WasRefused = false;
                        if (!queue.IsIdle || queue.LastUsed > idleSince)
                        {
                            queue.Records.Trim();
                            continue;
                        }
                        if (store is not null)
                            parts.Journal.AppendRemoval_NeedsLock(stage, queue);
                        stage.Buffer.RemoveQueue(queue);
                        stage.Retired.Add(queue.Counts);
                        queue.Source?.Detach(queue);
                    }
                    if (stage.Buffer.Settings.Duplicates is { } window && stage.Duplicates.IsHolding(window, now))
                        continue;
                    if (
                        stage.LastUsed > idleSince
                        || stage.HasOwnSettings
                        || stage.IsHeldByOperator
                        || stage.Buffer.Queues.Any()
                        || stage.Buffer.DeadLetters.Count > 0
                        || stage.Consumers.Count
                            + stage.WakesUnderWay
                            + stage.Lane.Count
                            + stage.Hops.Count
                            + stage.Credits.Count
                            > 0
                    )
                        continue;
                    parts.Stages.Remove_NeedsLock(stage);
                }
            }
            parts.Sources.RemoveIdle();
        }
    }
}
