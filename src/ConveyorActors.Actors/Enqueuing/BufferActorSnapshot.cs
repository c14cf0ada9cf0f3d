namespace ConveyorActors.Actors.Enqueuing;

/// <summary>The numbers of one buffer actor.</summary>
/// <param name="Core">Its number, from 0.</param>
/// <param name="Capacity">How many records it holds at most.</param>
/// <param name="Depth">How many it holds now: sent to it, gathered in it, or on their way to a stage.</param>
/// <param name="PassedOn">Records so far that a stage has taken or their sender was answered about.</param>
/// <param name="Refused">Records so far that found the buffer full or stopping.</param>
/// <param name="Lost">
/// Fire-and-forget records so far that no stage would ever take: too large, or for a pipeline that has stopped.
/// </param>
public sealed record BufferActorSnapshot(int Core, int Capacity, int Depth, long PassedOn, long Refused, long Lost);
