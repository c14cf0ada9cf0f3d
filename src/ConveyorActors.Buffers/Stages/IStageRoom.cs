namespace ConveyorActors.Buffers.Stages;

/// <summary>Accounts for the room of a stage's records; called whenever room becomes free.</summary>
interface IStageRoom
{
    /// <summary>Called when records of a queue left the stage for good.</summary>
    void Release(SourceQueue queue, int records, long bytes);

    /// <summary>
    /// Gets whether the limit of records in memory is reached: further records are kept only in the store.
    /// </summary>
    bool IsMemoryFull { get; }

    /// <summary>Called when records of a queue were accepted and are only in the store.</summary>
    void RecordSpilled(int records, long bytes);
}
