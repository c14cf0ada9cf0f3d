using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Protocol;

static class ReplyExtensions
{
    /// <summary>The reply with the name of the command that it is for.</summary>
    public static IConveyorReply About(this IConveyorReply reply, object? command) =>
        reply is ConveyorReply named and not PartsOffered && command is not null
            ? named with
            {
                InReplyTo = CommandReference.Of(command),
            }
            : reply;

    /// <summary>
    /// Sends a reply. A program that asks (<c>Ask</c>) gets a failure as <see cref="Status.Failure"/>, so that the task
    /// that it awaits fails with our exception; an actor gets <see cref="Failed"/> itself.
    /// </summary>
    public static void Reply(this IActorRef asker, IConveyorReply reply, IActorRef? self)
    {
        if (reply is not Failed failed || !WaitOwners.IsAsker(asker))
            asker.Tell(reply, self);
        else if (asker is IActorRefScope { IsLocal: false })
            asker.Tell(new AskFailed(failed), self);
        else
            asker.Tell(failed.ToStatus(), self);
    }
}
