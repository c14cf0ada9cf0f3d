namespace ConveyorActors.Actors.Protocol;

/// <summary>The base of all replies.</summary>
public abstract record ConveyorReply : IConveyorReply
{
    /// <summary>
    /// Gets the command that this reply answers, so that a sender can tell apart the replies to several commands. Null:
    /// not known, as in a reply of a node of an older version. Equality ignores it: replies with the same content are
    /// equal.
    /// </summary>
    public CommandReference? InReplyTo { get; init; }

    /// <summary>Compares the kind of reply only; derived types also compare their content.</summary>
    public virtual bool Equals(ConveyorReply? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();
}
