using System.Collections.Frozen;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Restores a manager from the content of its store.</summary>
sealed class ManagerRestorer<T>(ManagerParts<T> parts)
{
    readonly BufferManagerOptions<T> options = parts.Options;

    /// <summary>
    /// Gets the number of records restored of each source with an allowance, before any of them was settled.
    /// </summary>
    public Dictionary<string, long> RestoredBySource { get; } = new(StringComparer.Ordinal);

    public void Restore(PipelineImage<T> image)
    {
        foreach (var (key, value) in image.Checkpoints)
        {
            if (key == OperatorHolds.CheckpointKey)
                parts.Holds.Table.Restore(value);
            else
                parts.Checkpoints.Values[key] = value;
        }
        foreach (var (source, position) in image.Positions)
            parts.Checkpoints.Positions[source] = position;
        parts.IdentifiedOffers.Registry.Restore(image.Offers, image.ForgottenOfferAt);
        foreach (var (source, _) in options.Allowances ?? FrozenDictionary<string, SourceAllowance>.Empty)
        {
            RestoredBySource[source] = image.Stages.Sum(s =>
                s.Sources.Where(l => l.Source == source).Sum(l => (long)l.Pending)
                + s.Parked.LongCount(p => p.Source == source)
            );
        }
        foreach (var stored in image.Stages)
            parts.Stages.LastNumbers[stored.Stage] = (stored.LastSequence, stored.LastParking);
        foreach (var stored in image.Stages)
            Restore(stored);
        parts.Backlog.Load();
    }

    void Restore(StageImage<T> stored)
    {
        if (stored.Sources.Count + stored.DeadLetters.Count + stored.Remembered.Count + stored.Parked.Count == 0)
        {
            Add(parts.Stages.Retired, stored.Retired, 0);
            return;
        }
        var stage = parts.Stages.Enter(stored.Stage);
        try
        {
            stage.Buffer.Restore(
                stored.LastSequence,
                stored.DeadLetters,
                stored.DeadLettersDiscarded,
                parts.Traits.GetSize
            );
            stage.Depth = stored.Depth;
            Add(stage.Retired, stored.Retired, 0);
            foreach (var (id, at) in stored.Remembered)
                stage.Duplicates.Restore(id, at);
            foreach (var queue in stored.Sources)
                Restore_NeedsLock(stage, queue);
            RestoreParked_NeedsLock(stage, stored.Parked);
        }
        finally
        {
            parts.Sessions.Leave(stage);
        }
    }

    void Restore_NeedsLock(StageState<T> stage, SourceImage stored)
    {
        var queue = parts.Sources.FindQueue_NeedsLock(stage, parts.Sources.GetOrAddSource(stored.Source))!;
        Add(queue.Counts, stored.Totals, stored.Pending);
        queue.RefusalsRecorded = queue.Counts.Losses.Refused + queue.Counts.Losses[LossReason.DroppedNewest];
        queue.Stored = stored.Pending;
        queue.Source!.ApplyAllowance();
        if (stored.Pending > 0)
            parts.Backlog.Pending[stage] = true;
        // If the clock was set back, the backoff must not last longer than its maximum.
        var longest = stage.Now + Durations.ToMilliseconds(stage.Buffer.Settings.Backoff.Max);
        if (stored.SleepsUntil != 0)
            stage.Buffer.RestoreSleep(queue, Math.Min(stored.SleepsUntil, longest), stage.Now);
    }

    static void Add(QueueCounts counts, SourceTotals totals, int pending)
    {
        counts.Completed += totals.Completed;
        counts.Retries += totals.Retries;
        long refused = 0,
            removed = 0;
        foreach (var (reason, count) in totals.Losses)
        {
            counts.Losses.Add(reason, count);
            if (reason <= LossReason.BudgetFull || reason == LossReason.DroppedNewest)
                refused += count;
            else
                removed += count;
        }
        counts.Accepted += totals.Completed + removed + pending;
        counts.Offered += totals.Completed + removed + pending + refused;
    }

    /// <summary>
    /// Restores results that waited for room. They have taken over no room, so the room that they need is only
    /// reserved.
    /// </summary>
    void RestoreParked_NeedsLock(StageState<T> stage, IReadOnlyList<StoredRecord<T>> parked)
    {
        for (int start = 0, end; start < parked.Count; start = end)
        {
            var first = parked[start];
            for (
                end = start + 1;
                end < parked.Count
                    && parked[end].Source == first.Source
                    && parked[end].Sequence == first.Sequence + end - start;
                end++
            ) { }
            var run = parked.Skip(start).Take(end - start).ToArray();
            var results = run.Select(r => r.Record).ToArray();
            var source = parts.Sources.GetOrAddSource(first.Source);
            var queue = parts.Sources.FindQueue_NeedsLock(stage, source)!;
            queue.Hopping += run.Length;
            queue.Counts.Offered += run.Length;
            var hop = new ParkedHop<T>(
                source,
                results,
                options.SizeOf is null ? null : [.. run.Select(r => r.Bytes)],
                parts.Traits.GetAllIds(results)
            )
            {
                Number = first.Sequence,
                IsRecorded = true,
            };
            parts.Reservations.Reserve_NeedsLock(stage, hop);
            stage.Park_NeedsLock(hop, parts.Hops.TakeParkingNumber());
            parts.Room.Waiting[stage] = true;
        }
    }
}
