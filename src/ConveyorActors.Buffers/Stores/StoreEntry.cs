using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Stores;

/// <summary>One change of one stage, as passed to a store.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Event">The change. Times are in the manager's milliseconds.</param>
public readonly record struct StoreEntry<T>(string Stage, StageEvent<T> Event);
