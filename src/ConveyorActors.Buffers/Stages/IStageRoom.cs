namespace ConveyorActors.Buffers.Stages;

/// <summary>Who keeps the room that a stage's records take: told whenever some becomes free.</summary>
interface IStageRoom
{
    /// <summary>Records of a queue left the stage for good.</summary>
    void Release(SourceQueue queue, int records, long bytes);

    /// <summary>Whether as many records are in memory as may be: more are only kept in the store.</summary>
    bool IsMemoryFull { get; }

    /// <summary>Records of a queue were accepted and are only in the store.</summary>
    void Spilled(int records, long bytes);
}
