namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Makes a pass take effect once, however often it is sent: the copy that is read first is executed, and its result is
/// stored here. Kept by the core buffer's lane, outside all actors. Safe for use by the buffer actor and the stage at
/// once.
/// </summary>
sealed class PassTicket
{
    const int Sent = 0,
        Begun = 1,
        Closed = 2;

    int state;
    PartsOffered? result;

    /// <summary>The result of the pass; null: none yet.</summary>
    public PartsOffered? Result => Volatile.Read(ref result);

    /// <summary>Whether no copy was read yet: all of them may be lost.</summary>
    public bool IsUnread => Volatile.Read(ref state) == Sent;

    /// <summary>
    /// Called by the stage. Returns false when another copy was first, or the buffer actor has cancelled the pass.
    /// </summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Begun, Sent) == Sent;

    public void Complete(PartsOffered became) => Volatile.Write(ref result, became);

    /// <summary>Called by the buffer actor: cancels the pass. Returns false when a copy was executed.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref state, Closed, Sent) != Begun;
}
