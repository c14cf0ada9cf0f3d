namespace ConveyorActors.Actors.Protocol;

static class WaitOwners
{
    /// <summary>Returns the actor whose death ends a wait and returns a lease; null: none does.</summary>
    public static IActorRef? FindOwner(IWaitingCommand command, IActorRef sender) =>
        command.Owner ?? (sender.IsNobody() || IsAsker(sender) ? null : sender);

    /// <summary>Returns whether a sender is the actor of an <c>Ask</c>, which exists for one reply only.</summary>
    public static bool IsAsker(IActorRef sender) =>
        sender is not ActorRefWithCell && !sender.IsNobody() && sender.Path.Elements is ["temp", _];
}
