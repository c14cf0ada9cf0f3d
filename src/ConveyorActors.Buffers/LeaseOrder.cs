namespace ConveyorActors.Buffers;

/// <summary>Specifies whether several consumers of a stage may hold records of one source at the same time.</summary>
public enum LeaseOrder : byte
{
    /// <summary>
    /// While records of a source are in flight at a stage, no other lease of that stage takes from the source: strictly
    /// first in, first out with any number of consumers, retries included. Only the consumer that holds them may
    /// request more (<see cref="Service.BatchRequest.HeldLease"/>). The default.
    /// </summary>
    OneLeasePerSource,

    /// <summary>
    /// Several leases may hold records of one source. Each lease takes the oldest available records, and returned
    /// records go back to the head of the queue, but a returned record may be processed after later records that
    /// another consumer had already leased.
    /// </summary>
    Shared,
}
