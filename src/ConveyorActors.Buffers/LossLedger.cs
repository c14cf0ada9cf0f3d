namespace ConveyorActors.Buffers;

/// <summary>Counts, by reason, the offered records that did not go through.</summary>
/// <remarks>Not safe for use by several threads; each ledger in the engine is guarded by its stage's lock.</remarks>
public sealed class LossLedger
{
    static readonly LossReason[] Reasons = Enum.GetValues<LossReason>();

    long[]? counts;

    /// <summary>Gets the number of records lost for a reason.</summary>
    public long this[LossReason reason] => counts?[(int)reason] ?? 0;

    /// <summary>Gets the number of records that were refused and stayed with their callers.</summary>
    public long Refused => Sum(LossReason.StageFull, LossReason.BudgetFull);

    /// <summary>Gets the number of records that a stage dropped, or that were damaged on disk.</summary>
    public long Dropped => Sum(LossReason.DroppedOldest, LossReason.Damaged);

    /// <summary>Gets the number of records that expired.</summary>
    public long Expired => this[LossReason.Expired];

    /// <summary>Gets the number of records that became dead letters.</summary>
    public long DeadLettered => Sum(LossReason.RetriesExhausted, LossReason.ResultTooLarge);

    /// <summary>Adds a number of losses for a reason.</summary>
    public void Add(LossReason reason, long count)
    {
        if (!Enum.IsDefined(reason))
            throw new ArgumentOutOfRangeException(
                nameof(reason),
                reason,
                $"reason is {reason}; it must be one of LossReason."
            );
        if (count == 0)
            return;
        counts ??= new long[Reasons.Length];
        counts[(int)reason] += count;
    }

    /// <summary>Adds another ledger's counts to this one's.</summary>
    public void Add(LossLedger other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.counts is null)
            return;
        foreach (var reason in Reasons)
            Add(reason, other[reason]);
    }

    /// <summary>Returns each reason with a count above zero.</summary>
    public IEnumerable<(LossReason Reason, long Count)> GetRows()
    {
        foreach (var reason in Reasons)
            if (this[reason] is > 0 and var count)
                yield return (reason, count);
    }

    long Sum(LossReason first, LossReason last)
    {
        if (counts is null)
            return 0;
        long sum = 0;
        for (var reason = first; reason <= last; reason++)
            sum += counts[(int)reason];
        return sum;
    }
}
