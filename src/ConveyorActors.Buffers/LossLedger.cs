namespace ConveyorActors.Buffers;

/// <summary>Counts what did not go through, by reason.</summary>
/// <remarks>Not safe for use by several threads; each ledger in the engine is guarded by its stage's lock.</remarks>
public sealed class LossLedger
{
    static readonly LossReason[] Reasons = Enum.GetValues<LossReason>();

    long[]? counts;

    /// <summary>How many records were lost for a reason.</summary>
    public long this[LossReason reason] => counts?[(int)reason] ?? 0;

    /// <summary>Records that stayed with their callers.</summary>
    public long Refused => Sum(LossReason.StageFull, LossReason.BudgetFull);

    /// <summary>Records that a rule dropped, or that were damaged on disk.</summary>
    public long Dropped => Sum(LossReason.DroppedOldest, LossReason.Damaged);

    /// <summary>Records that waited too long.</summary>
    public long Expired => this[LossReason.Expired];

    /// <summary>Records that went to the dead letters.</summary>
    public long DeadLettered => Sum(LossReason.RetriesExhausted, LossReason.ResultTooLarge);

    /// <summary>Counts losses.</summary>
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

    /// <summary>Each reason that has a count.</summary>
    public IEnumerable<(LossReason Reason, long Count)> Rows()
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
