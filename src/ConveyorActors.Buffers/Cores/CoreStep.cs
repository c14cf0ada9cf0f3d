namespace ConveyorActors.Buffers.Cores;

/// <summary>Specifies the places in a drainer's loop where a test can make the drainer die.</summary>
enum CoreStep
{
    /// <summary>The batch is taken, and the sink has not seen it.</summary>
    Taken,

    /// <summary>The sink has processed the batch, which is not settled yet.</summary>
    Sunk,

    /// <summary>The sink has failed on the batch.</summary>
    Failed,

    /// <summary>The batch is settled.</summary>
    Settled,
}
