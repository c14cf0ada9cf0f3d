namespace ConveyorActors.Buffers.Service;

/// <summary>One limit that holds a source, and who owes the room.</summary>
/// <param name="Limit">"manager", "source NAME" or "stage NAME"; "hold on source NAME" or "hold on stage NAME" where an operator holds it.</param>
/// <param name="Used">Room taken, in records.</param>
/// <param name="Of">The limit in records.</param>
/// <param name="Fill">The fill by records or bytes, whichever is more.</param>
/// <param name="Since">How long the limit has been above the low watermark, or the operator has held it.</param>
/// <param name="OwedBy">The oldest lease there, when one is out: consumer, records and age.</param>
/// <param name="ExpectedIn">When the fill should reach the low watermark at the pace of the last seconds; null when nothing is being settled.</param>
public sealed record HoldReason(string Limit, long Used, long Of, double Fill, TimeSpan Since, LeaseSnapshot? OwedBy, TimeSpan? ExpectedIn)
{
    /// <summary>True when it is an operator's hold, which only <see cref="IOperatorHolds.ResumeAsync"/> lifts, and no limit.</summary>
    public bool ByOperator { get; init; }
}
