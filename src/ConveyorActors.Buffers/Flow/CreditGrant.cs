namespace ConveyorActors.Buffers.Flow;

/// <summary>Room promised to one source at one stage, until it is used, given back or expired.</summary>
/// <param name="Id">The id, which never repeats; 0 when nothing was granted.</param>
/// <param name="StageId">The stage that the room belongs to.</param>
/// <param name="SourceId">The source that may use the room.</param>
/// <param name="Records">The number of records granted; at most the number requested.</param>
/// <param name="ExpiresAt">The time at which unused room becomes free again.</param>
public sealed record CreditGrant(long Id, string StageId, string SourceId, int Records, DateTimeOffset ExpiresAt);
