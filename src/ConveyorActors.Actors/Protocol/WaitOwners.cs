namespace ConveyorActors.Actors.Protocol;

static class WaitOwners
{
    /// <summary>Whose death ends a wait and returns a lease: null when it is nobody's.</summary>
    public static IActorRef? OwnerOf(IWaitingCommand command, IActorRef sender) =>
        command.Owner ?? (sender.IsNobody() || IsAsker(sender) ? null : sender);

    /// <summary>Who asks (<c>Ask</c>) is there for one answer only: its end says nothing.</summary>
    public static bool IsAsker(IActorRef sender) =>
        sender is not ActorRefWithCell && !sender.IsNobody() && sender.Path.Elements is ["temp", _];
}
