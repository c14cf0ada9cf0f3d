namespace ConveyorActors.Buffers.Service;

/// <summary>A source or stage that an operator holds. The source or stage need not exist yet.</summary>
/// <param name="Target">Specifies whether a source or a stage is held.</param>
/// <param name="Name">The name of the source or stage.</param>
/// <param name="Since">The time at which the hold began.</param>
public sealed record OperatorHold(HoldTarget Target, string Name, DateTimeOffset Since);
