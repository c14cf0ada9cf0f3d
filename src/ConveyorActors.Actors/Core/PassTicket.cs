using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>
/// Lets a pass take effect once, however often it is sent: whichever copy is read first begins, and what became of it is written here. Kept by the core
/// buffer's lane, outside all actors. Safe for use by the core buffer and the stage at once.
/// </summary>
sealed class PassTicket
{
    const int Sent = 0, Begun = 1, Closed = 2;

    int state;
    PartsOffered? result;

    /// <summary>What became of the pass; null: nothing yet.</summary>
    public PartsOffered? Result => Volatile.Read(ref result);

    /// <summary>No copy was read yet: they may all be lost.</summary>
    public bool IsUnread => Volatile.Read(ref state) == Sent;

    /// <summary>Called by the stage. Returns false when another copy was first, or the core buffer has given the pass up.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Begun, Sent) == Sent;

    public void Complete(PartsOffered became) => Volatile.Write(ref result, became);

    /// <summary>Called by the core buffer: no copy shall begin any more. Returns false when one has.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref state, Closed, Sent) != Begun;
}
