namespace ConveyorActors.Buffers.Service;

/// <summary>What a consumer asks for.</summary>
/// <param name="Max">Records at most; from 1.</param>
public readonly record struct BatchRequest(int Max)
{
    /// <summary>
    /// Wait until there is a record. Otherwise the call returns at once, with an empty batch if there is none.
    /// </summary>
    public bool Wait { get; init; }

    /// <summary>Take records of one source only. What a hop needs.</summary>
    public bool OneSource { get; init; }

    /// <summary>The consumer's name, shown where a source asks why it is held.</summary>
    public string? Consumer { get; init; }

    /// <summary>
    /// The id of an open lease of this consumer's: records of the sources that this lease holds, or a lease taken while
    /// it was held, may be taken, too, under strict order (<see cref="LeaseOrder.OneLeasePerSource"/>). For a consumer
    /// that needs more of a source before it can settle what it has. Default 0: none.
    /// </summary>
    public long HeldLease { get; init; }

    /// <summary>How long the lease lasts, from 1 ms, or infinite; null: the stage's setting.</summary>
    public TimeSpan? Timeout { get; init; }
}
