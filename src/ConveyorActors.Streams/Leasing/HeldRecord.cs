using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Leasing;

/// <summary>
/// The one record that downstream was given and has not asked beyond: what the stages that complete by themselves still
/// owe an answer for. Those before it are done, and are told to the service together.
/// </summary>
/// <remarks>Used by one stream stage, and by the steps of its inbox.</remarks>
sealed class HeldRecord
{
    readonly DeferredStep gathering;
    BatchLease? lease;
    int held = -1; // the record in downstream's hand; -1: none
    int told; // records of the lease before this one are settled
    int done; // records before this one are done

    public HeldRecord(StageInbox inbox) => gathering = new(inbox, () => done - told, Tell);

    /// <summary>True when downstream has none, or is done with it.</summary>
    public bool IsEmpty => held < 0;

    /// <summary>Takes the next record of a lease.</summary>
    public ConveyorRecord Take(BatchLease from)
    {
        if (!ReferenceEquals(lease, from))
        {
            Tell();
            lease = from;
            told = done = from.Emitted;
        }
        held = from.Next();
        return from[held].Record;
    }

    /// <summary>Downstream asked for the next record: it is done with this one.</summary>
    public void Complete()
    {
        if (held < 0)
            return;
        held = -1;
        done++;
        if (done == lease!.Count)
            Tell();
        else
            gathering.Add();
    }

    /// <summary>Downstream failed while it had this one: it was tried.</summary>
    public void Return(string reason)
    {
        Tell();
        if (held < 0)
            return;
        _ = lease!.Settle(held, SettleKind.Returned, reason);
        held = -1;
    }

    /// <summary>Tells the service what is done.</summary>
    public void Tell()
    {
        if (done == told)
            return;
        lease!.Complete(told, done - told);
        told = done;
    }
}
