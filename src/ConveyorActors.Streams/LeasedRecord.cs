using ConveyorActors.Buffers;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>A record that a stream was given, with the methods to settle it.</summary>
/// <remarks>
/// Any thread may settle the record, also after the stream has ended. The first settlement holds: the same one again
/// has no effect and returns the same result, and a different one returns <see cref="SettleStatus.UnknownLease"/>.
/// Settlements are sent together with others of the same lease; the result is available when the buffer has replied. A
/// caller that does not need the result need not await it.
/// </remarks>
public sealed class LeasedRecord
{
    readonly BatchLease lease;
    readonly int index;

    internal LeasedRecord(BatchLease lease, int index)
    {
        this.lease = lease;
        this.index = index;
    }

    /// <summary>Gets the record with the data that the buffer keeps about it.</summary>
    public BufferedRecord<ConveyorRecord> Item => lease[index];

    /// <summary>Gets the user's record.</summary>
    public ConveyorRecord Record => lease[index].Record;

    /// <summary>Gets when the record is returned to the buffer automatically, unless it is settled before.</summary>
    public DateTimeOffset Deadline => lease.Deadline;

    /// <summary>Completes the record; its room is free again.</summary>
    /// <returns>
    /// Ok; LeaseExpired if the deadline had passed (the record is leased again, or was already); UnknownLease if the
    /// record was returned before, by the user or by a stream that failed.
    /// </returns>
    public ValueTask<SettleStatus> Complete() => lease.Settle(index, SettleKind.Completed);

    /// <summary>Returns the record to the head of its source's queue.</summary>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="charge">
    /// True: the attempt counts as a retry, with backoff. False: the record is available again at once.
    /// </param>
    /// <returns>The same as for <see cref="Complete"/>; UnknownLease also if the record was completed before.</returns>
    public ValueTask<SettleStatus> Return(string reason, bool charge = true)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return lease.Settle(index, charge ? SettleKind.Returned : SettleKind.ReturnedUncharged, reason);
    }
}
