namespace ConveyorActors.Buffers.Stages;

/// <summary>Who keeps the room that a stage's records take: told whenever some becomes free.</summary>
interface IStageRoom
{
    /// <summary>Records of a queue left the stage for good.</summary>
    void Release(SourceQueue queue, int records, long bytes);
}
