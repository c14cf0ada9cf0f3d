using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Stores;

/// <summary>One change of one stage, as a store is told of it.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Event">What changed. Times are in the manager's milliseconds.</param>
public readonly record struct StoreEntry<T>(string Stage, StageEvent<T> Event);
