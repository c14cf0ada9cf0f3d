namespace ConveyorActors.Actors.Enqueuing;

/// <summary>The state and counters of one buffer actor.</summary>
/// <param name="Core">The buffer actor's number, from 0.</param>
/// <param name="Capacity">The most records that it holds.</param>
/// <param name="Depth">The records that it holds now: sent to it, gathered in it, or on their way to a stage.</param>
/// <param name="PassedOn">The records so far that a stage has taken, or whose sender got a reply.</param>
/// <param name="Refused">The records so far that found the buffer full or stopping.</param>
/// <param name="Lost">
/// The fire-and-forget records so far that no stage would ever take: too large, or for a pipeline that has stopped.
/// </param>
public sealed record BufferActorSnapshot(int Core, int Capacity, int Depth, long PassedOn, long Refused, long Lost);
