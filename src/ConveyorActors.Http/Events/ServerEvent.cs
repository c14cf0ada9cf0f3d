namespace ConveyorActors.Http.Events;

/// <summary>One event of the stream, as it goes over the wire.</summary>
/// <param name="Number">Its number since the stream began, from 1.</param>
/// <param name="Bytes">The whole event, with its id.</param>
sealed record ServerEvent(long Number, ReadOnlyMemory<byte> Bytes);
