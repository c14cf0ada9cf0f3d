namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>
/// Maps loss reasons to their numbers on disk and in journals. Never change a number; add new ones at the end.
/// </summary>
static class LossCodes
{
    static readonly LossReason[] Reasons =
    [
        LossReason.StageFull,
        LossReason.SourceFull,
        LossReason.GlobalFull,
        LossReason.TooLarge,
        LossReason.Duplicate,
        LossReason.Draining,
        LossReason.StoreFailing,
        LossReason.DroppedOldest,
        LossReason.DroppedNewest,
        LossReason.Damaged,
        LossReason.Expired,
        LossReason.RetriesExhausted,
        LossReason.Rejected,
        LossReason.ResultTooLarge,
        LossReason.Held,
        LossReason.BudgetFull,
    ];

    static readonly int[] Codes = [.. Enum.GetValues<LossReason>().Select(r => Array.IndexOf(Reasons, r))];

    public static int Count => Reasons.Length;

    public static int GetCode(LossReason reason) => Codes[(int)reason];

    public static LossReason GetReason(long code) =>
        code >= 0 && code < Reasons.Length
            ? Reasons[code]
            : throw new InvalidDataException($"reason {code} is not known");
}
