namespace ConveyorActors.Actors.Protocol;

/// <summary>What all replies have in common.</summary>
public abstract record ConveyorReply : IConveyorReply
{
    /// <summary>
    /// The command that this is the reply to, so that two outstanding ones can be told apart; null where it is not
    /// known, as in a reply of a node of an older version. It does not count when replies are compared: two are equal
    /// that say the same.
    /// </summary>
    public CommandReference? InReplyTo { get; init; }

    /// <summary>Compares the kind of reply only; each kind adds what it says.</summary>
    public virtual bool Equals(ConveyorReply? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <inheritdoc/>
    public override int GetHashCode() => EqualityContract.GetHashCode();
}
