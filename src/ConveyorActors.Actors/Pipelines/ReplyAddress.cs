using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>The address for replies to a command. Each reply gets a reference to the command.</summary>
sealed class ReplyAddress(IActorRef replyTo, object command) : MinimalActorRef
{
    public override ActorPath Path => replyTo.Path;

    public override IActorRefProvider Provider => ((IInternalActorRef)replyTo).Provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is IConveyorReply reply)
            replyTo.Reply(reply.WithReference(command), sender);
        else
            replyTo.Tell(message, sender);
    }
}
