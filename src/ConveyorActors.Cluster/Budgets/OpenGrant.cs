using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>What one open pipeline is granted of one source, and the pipeline's engine.</summary>
/// <remarks>Used by the agent of its node alone.</remarks>
sealed class OpenGrant(
    GrantedSource state,
    BufferManager<ConveyorRecord> manager,
    SourceAllowance allowance,
    long chunk
)
{
    public GrantedSource State { get; } = state;

    public BufferManager<ConveyorRecord> Manager { get; } = manager;

    public SourceAllowance Allowance { get; } = allowance;

    /// <summary>How much is asked for ahead of need.</summary>
    public long Chunk { get; } = chunk;

    /// <summary>Until when the grant may be used, as a timestamp of the clock; 0: there is none.</summary>
    public long UsableUntil { get; set; }

    public bool IsWriting { get; set; }

    /// <summary>
    /// Until when it may use what it was granted last, whatever its share is, as a timestamp of the clock.
    /// </summary>
    public long SliceUntil { get; set; }

    public bool WasUsed { get; set; }

    public int IdleTicks { get; set; }

    public string Source => State.Key.Source;
}
