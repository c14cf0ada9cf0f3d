using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Leasing;

/// <summary>The one record that downstream was given and has not asked beyond: what the stages that complete by themselves still owe an answer for.</summary>
sealed class InHand
{
    BatchLease? lease;
    int index;

    /// <summary>True when downstream has none, or is done with it.</summary>
    public bool IsEmpty => lease is null;

    /// <summary>Takes the next record of a lease.</summary>
    public Record Take(BatchLease from)
    {
        lease = from;
        index = from.Next();
        return from[index].Record;
    }

    /// <summary>Downstream asked for the next record, or needs no more: it is done with this one.</summary>
    public void Complete() => Settle(SettleKind.Completed, null);

    /// <summary>Downstream failed while it had this one: it was tried.</summary>
    public void Return(string reason) => Settle(SettleKind.Returned, reason);

    void Settle(SettleKind kind, string? reason)
    {
        if (lease is not { } of) return;
        lease = null;
        _ = of.Settle(index, kind, reason);
    }
}
