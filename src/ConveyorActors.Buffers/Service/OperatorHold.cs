namespace ConveyorActors.Buffers.Service;

/// <summary>A source or stage that an operator holds. It need not exist yet.</summary>
/// <param name="Target">What is held.</param>
/// <param name="Name">The name of the source or stage.</param>
/// <param name="Since">Since when.</param>
public sealed record OperatorHold(HoldTarget Target, string Name, DateTimeOffset Since);
