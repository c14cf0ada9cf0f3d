using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Removes stages and sources that are idle and empty.</summary>
sealed class IdleRemoval<T>(ManagerParts<T> parts)
{
    const long TidyEveryMs = 60_000;

    readonly Lock structure = parts.Structure;
    readonly IBufferStore<T>? store = parts.Store;
    public long DueAt;

    /// <summary>Plans the first look.</summary>
    public void Start()
    {
        DueAt = parts.Clock.NowMs + Math.Min(TidyEveryMs, Durations.Milliseconds(parts.Settings.IdleAfter));
        parts.Timer.Arm(DueAt);
    }

    /// <summary>Removes stages and sources that are idle and empty, keeping their numbers in the totals.</summary>
    public void Tidy(long now)
    {
        var idleAfter = Durations.Milliseconds(parts.Settings.IdleAfter);
        Volatile.Write(ref DueAt, now + Math.Min(TidyEveryMs, idleAfter));
        var idleSince = now - idleAfter;
        lock (structure)
        {
            foreach (var (_, stage) in parts.Stages.All)
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
                        if (store is not null) parts.Journal.TellRemoval_NeedsLock(stage, line);
                        stage.Buffer.RemoveLine(line);
                        stage.Retired.Add(line.Counts);
                        line.Source?.Detach(line);
                    }
                    if (stage.Buffer.Settings.Duplicates is { } window && stage.Duplicates.IsHolding(window, now)) continue;
                    if (stage.LastUsed > idleSince || stage.HasOwnSettings || stage.IsHeldByOperator || stage.Buffer.Lines.Any() || stage.Buffer.DeadLetterCount > 0
                        || stage.Consumers.Count + stage.WakesUnderWay + stage.Lane.Count + stage.Hops.Count + stage.Credits.Count > 0) continue;
                    parts.Stages.Remove_NeedsLock(stage);
                }
            }
            parts.Sources.RemoveIdle();
        }
    }
}
