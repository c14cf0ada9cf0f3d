namespace ConveyorActors.Http.Events;

/// <summary>One event of the stream, as it is sent.</summary>
/// <param name="Number">The event's number since the stream began, from 1.</param>
/// <param name="AddedAt">The timestamp at which the event was added.</param>
/// <param name="Bytes">The whole event including its id.</param>
sealed record ServerEvent(long Number, long AddedAt, ReadOnlyMemory<byte> Bytes);
