namespace ConveyorActors.Buffers.Flow;

/// <summary>Room promised to one source at one stage, until it is used, given back or expired.</summary>
/// <param name="Id">Never repeats; 0 when nothing was granted.</param>
/// <param name="StageId">Where.</param>
/// <param name="SourceId">Who may use it.</param>
/// <param name="Records">How many records were granted; at most what was asked for.</param>
/// <param name="ExpiresAt">When what is left goes back to the free room.</param>
public sealed record CreditGrant(long Id, string StageId, string SourceId, int Records, DateTimeOffset ExpiresAt);
