using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Leasing;

/// <summary>
/// The one record that downstream was given and has not asked beyond, in a stage that completes records itself. The
/// records before it are done, and are completed at the service together.
/// </summary>
/// <remarks>Used by one stream stage, and by the steps of its inbox.</remarks>
sealed class HeldRecord
{
    readonly DeferredStep gathering;
    BatchLease? lease;
    int held = -1; // the record that downstream has; -1: none
    int completed; // records of the lease before this index are completed at the service
    int done; // records before this index are done

    public HeldRecord(StageInbox inbox) => gathering = new(inbox, () => done - completed, CompleteDone);

    /// <summary>Gets whether downstream has no record, or is done with it.</summary>
    public bool IsEmpty => held < 0;

    /// <summary>Takes the next record of a lease.</summary>
    public ConveyorRecord Take(BatchLease from)
    {
        if (!ReferenceEquals(lease, from))
        {
            CompleteDone();
            lease = from;
            completed = done = from.Emitted;
        }
        held = from.TakeNext();
        return from[held].Record;
    }

    /// <summary>Marks the record as done, because downstream asked for the next one.</summary>
    public void Complete()
    {
        if (held < 0)
            return;
        held = -1;
        done++;
        if (done == lease!.Count)
            CompleteDone();
        else
            gathering.Add();
    }

    /// <summary>Returns the record with a retry charged, because downstream failed while it had it.</summary>
    public void Return(string reason)
    {
        CompleteDone();
        if (held < 0)
            return;
        _ = lease!.Settle(held, SettleKind.Returned, reason);
        held = -1;
    }

    /// <summary>Completes the records that are done at the service.</summary>
    public void CompleteDone()
    {
        if (done == completed)
            return;
        lease!.Complete(completed, done - completed);
        completed = done;
    }
}
