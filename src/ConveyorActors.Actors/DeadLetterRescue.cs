using Akka.Event;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors;

/// <summary>
/// Recovers commands that were sent directly to one of this library's actors (to the sender of a reply, for example)
/// after that actor was stopped: the commands go to its successor. Runs on the thread that publishes the dead letter.
/// </summary>
sealed class DeadLetterRescue(
    IActorRef guardian,
    PipelineDirectory directory,
    IReadOnlyList<BufferActorState> cores,
    ActorSystem system
) : MinimalActorRef
{
    readonly string below = guardian.Path.ToStringWithoutAddress() + "/";

    public override ActorPath Path { get; } = guardian.Path / "dead-letters";

    public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not DeadLetter { Message: IConveyorMessage letter } dead || !IsOurs(dead.Recipient))
            return;
        if (letter is IPipelineCommand or GetPipelines)
            directory.Send(letter, dead.Sender);
        else if (letter is IEnqueueCommand command)
            new BufferActorRoutee(FindCore(dead.Recipient), system).Send(command, dead.Sender);
    }

    bool IsOurs(IActorRef? recipient) =>
        recipient is not null && recipient.Path.ToStringWithoutAddress().StartsWith(below, StringComparison.Ordinal);

    BufferActorState FindCore(IActorRef recipient) =>
        cores.FirstOrDefault(c => recipient.Path.Name == $"core-{c.Core}") ?? cores[0];
}
