using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Whom to reply to, and what about: names the command in each reply.</summary>
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
