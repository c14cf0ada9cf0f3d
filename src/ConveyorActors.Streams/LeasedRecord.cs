using ConveyorActors.Buffers;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>A record that a stream was given, and the means to say what became of it.</summary>
/// <remarks>
/// Any thread may settle it, also after the stream has ended. What is said first holds: saying it again changes nothing
/// and is answered the same, saying something else is answered <see cref="SettleStatus.UnknownLease"/>. Settles are
/// sent together with others of the same lease; the answer comes when the buffer has given it. Whoever does not need
/// the answer need not wait for it.
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

    /// <summary>The record with all that the buffer knows of it.</summary>
    public BufferedRecord<ConveyorRecord> Item => lease[index];

    /// <summary>The user's record.</summary>
    public ConveyorRecord Record => lease[index].Record;

    /// <summary>When it goes back to the buffer by itself, unless it is settled before.</summary>
    public DateTimeOffset Deadline => lease.Deadline;

    /// <summary>It is done: its room is free again.</summary>
    /// <returns>
    /// Ok; LeaseExpired when the deadline had passed (it will come again, or has); UnknownLease when it was returned
    /// before, by the user or by a stream that failed.
    /// </returns>
    public ValueTask<SettleStatus> Complete() => lease.Settle(index, SettleKind.Completed);

    /// <summary>It goes back to the head of its source's line.</summary>
    /// <param name="reason">Why; kept with a dead letter.</param>
    /// <param name="charge">
    /// True: it was tried, which counts as a retry, with backoff. False: it is available again at once.
    /// </param>
    /// <returns>As for <see cref="Complete"/>; UnknownLease also when it was completed before.</returns>
    public ValueTask<SettleStatus> Return(string reason, bool charge = true)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return lease.Settle(index, charge ? SettleKind.Returned : SettleKind.ReturnedUncharged, reason);
    }
}
