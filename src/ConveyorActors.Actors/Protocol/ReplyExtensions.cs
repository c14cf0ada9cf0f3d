using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Protocol;

static class ReplyExtensions
{
    /// <summary>Returns the reply with a reference to its command.</summary>
    public static IConveyorReply WithReference(this IConveyorReply reply, object? command) =>
        reply is ConveyorReply named and not PartsOffered && command is not null
            ? named with
            {
                InReplyTo = CommandReference.From(command),
            }
            : reply;

    /// <summary>
    /// Sends a reply. The sender of an <c>Ask</c> gets a failure as <see cref="Status.Failure"/>, so that its task
    /// fails with this library's exception; an actor gets <see cref="Failed"/> itself.
    /// </summary>
    public static void Reply(this IActorRef replyTo, IConveyorReply reply, IActorRef? self)
    {
        if (reply is not Failed failed || !WaitOwners.IsAsker(replyTo))
            replyTo.Tell(reply, self);
        else if (replyTo is IActorRefScope { IsLocal: false })
            replyTo.Tell(new AskFailed(failed), self);
        else
            replyTo.Tell(failed.ToStatus(), self);
    }
}
