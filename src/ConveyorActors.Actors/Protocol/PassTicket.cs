namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Ensures that a pass is executed once even if it is sent repeatedly. The first copy that is read is executed, and its result is
/// stored here. The ticket belongs to the buffer actor's lane, outside all actors. Safe for concurrent use by the
/// buffer actor and the stage.
/// </summary>
sealed class PassTicket
{
    const int Sent = 0,
        Begun = 1,
        Closed = 2;

    int state;
    PartsOffered? result;

    /// <summary>Gets the result of the pass; null: none yet.</summary>
    public PartsOffered? Result => Volatile.Read(ref result);

    /// <summary>Gets whether no copy was read yet; all copies may be lost.</summary>
    public bool IsUnread => Volatile.Read(ref state) == Sent;

    /// <summary>
    /// Claims the pass for the stage. Returns false if another copy was first, or the buffer actor has cancelled the
    /// pass.
    /// </summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Begun, Sent) == Sent;

    public void Complete(PartsOffered outcome) => Volatile.Write(ref result, outcome);

    /// <summary>Cancels the pass for the buffer actor. Returns false if a copy was executed.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref state, Closed, Sent) != Begun;
}
