using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>One open pipeline's grant of one source, with the pipeline's engine.</summary>
/// <remarks>Used by the agent of its node only.</remarks>
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

    /// <summary>Gets the number of records that are requested ahead of need.</summary>
    public long Chunk { get; } = chunk;

    /// <summary>
    /// Gets or sets the end of the grant's validity, as a timestamp of the clock; 0: there is no grant.
    /// </summary>
    public long UsableUntil { get; set; }

    public bool IsWriting { get; set; }

    /// <summary>
    /// Gets or sets until when the pipeline may use its last grant whatever its share is, as a timestamp of the clock.
    /// </summary>
    public long SliceUntil { get; set; }

    public bool WasUsed { get; set; }

    public int IdleTicks { get; set; }

    public string Source => State.Key.Source;
}
