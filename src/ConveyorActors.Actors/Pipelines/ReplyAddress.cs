using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>The address for replies to a command. Each reply gets a reference to the command.</summary>
sealed class ReplyAddress(IActorRef asker, object command) : MinimalActorRef
{
    public override ActorPath Path => asker.Path;

    public override IActorRefProvider Provider => ((IInternalActorRef)asker).Provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is IConveyorReply reply)
            asker.Reply(reply.About(command), sender);
        else
            asker.Tell(message, sender);
    }
}
