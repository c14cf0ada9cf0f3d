namespace ConveyorActors.Buffers.Cores;

/// <summary>Places in a drainer's loop where a test can make it die.</summary>
enum CoreStep
{
    /// <summary>Items are in hand, the sink has not seen them.</summary>
    Taken,

    /// <summary>The sink has taken the batch, which is still in hand.</summary>
    Sunk,

    /// <summary>The sink has failed the batch.</summary>
    Failed,

    /// <summary>The batch is settled.</summary>
    Settled,
}
