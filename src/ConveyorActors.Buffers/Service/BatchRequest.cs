namespace ConveyorActors.Buffers.Service;

/// <summary>A consumer's request for a lease.</summary>
/// <param name="Max">The most records to lease; from 1.</param>
public readonly record struct BatchRequest(int Max)
{
    /// <summary>
    /// Gets whether to wait until there is a record. Otherwise the call returns at once, with an empty batch if there
    /// is none.
    /// </summary>
    public bool Wait { get; init; }

    /// <summary>Gets whether to take records of one source only, as a hop requires.</summary>
    public bool OneSource { get; init; }

    /// <summary>Gets the consumer's name, shown where a source asks why it is held.</summary>
    public string? Consumer { get; init; }

    /// <summary>
    /// Gets the id of an open lease of this consumer: under strict order (<see cref="LeaseOrder.OneLeasePerSource"/>),
    /// the request may then also take records of the sources held by that lease, or by a lease taken while it was held.
    /// For a consumer that needs more records of a source before it can settle those it has. Default 0: none.
    /// </summary>
    public long HeldLease { get; init; }

    /// <summary>Gets the duration of the lease, from 1 ms, or infinite; null: the stage's setting.</summary>
    public TimeSpan? Timeout { get; init; }
}
