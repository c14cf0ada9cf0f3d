using Akka.Event;
using Akka.Routing;
using Akka.Util;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// A reference to several buffer actors. The sender's thread reserves room in the buffer of the core that it runs on
/// and sends the message there, or gets a refusal at once if there is no room.
/// </summary>
sealed class BufferActorRouter(IReadOnlyList<BufferActorState> buffers) : CustomRouterConfig
{
    public override Router CreateRouter(ActorSystem system) =>
        new(new Logic([.. buffers.Select(b => new BufferActorRoutee(b, system))]), []);

    public override ISurrogate ToSurrogate(ActorSystem system) =>
        throw new NotSupportedException(
            "The router of the buffer actors cannot be deployed to another node: it knows the cores of this one."
        );

    sealed class Logic(BufferActorRoutee[] routees) : RoutingLogic
    {
        public override Routee Select(object message, Routee[] none) =>
            routees.Length == 1 ? routees[0] : routees[Thread.GetCurrentProcessorId() % routees.Length];
    }
}

/// <summary>The router's view of one buffer actor.</summary>
sealed class BufferActorRoutee(BufferActorState buffer, ActorSystem system) : Routee
{
    public override void Send(object message, IActorRef sender)
    {
        if (message is IPipelineCommand or GetPipelines && !sender.IsNobody())
            sender.Reply(
                new Failed(
                    Problem.Argument,
                    $"{message.GetType().Name} was sent to the buffer actors; it must be sent to ConveyorSystem.Pipelines."
                ).WithReference(message),
                buffer.Actor
            );
        else if (message is not IEnqueueCommand command)
            buffer.Actor.Tell(message, sender);
        else if (
            command.Count <= buffer.Gate.Capacity
            && !buffer.Gate.IsClosed
            && buffer.FindOverfullRefusal(command.Target) is { } why
        )
            buffer.RefuseOverfull(system, command, sender, why);
        else if (buffer.Gate.TryTake(command.Count))
            buffer.Enter(command, sender);
        else
            Refuse(command, sender);
    }

    void Refuse(IEnqueueCommand command, IActorRef sender)
    {
        IConveyorReply why =
            buffer.Gate.IsClosed ? EnqueueReplies.Stopping
            : command.Count <= buffer.Gate.Capacity
                ? new EnqueueResult(EnqueueOutcome.BufferFull, 0, 0, BackpressureSignal.None, 0)
            : new Failed(
                Problem.ArgumentOutOfRange,
                $"Records has {command.Count} records; a buffer actor holds {buffer.Gate.Capacity} at most (conveyor.buffer-actors.capacity).",
                "Records"
            );
        if (
            why is EnqueueResult { Status: EnqueueOutcome.BufferFull }
            && buffer.FullLog.TryLog(command.Count, out var refused)
        )
            BufferLog.LogBufferActorFull(system.Log, buffer.Core, buffer.Gate.Capacity, refused);
        if (EnqueueReplies.IsExpected(command, sender))
            sender.Reply(why.WithReference(command), buffer.Actor);
        else
            system.EventStream.Publish(
                new Dropped(command, EnqueueReplies.DescribeReason(why), sender ?? ActorRefs.NoSender, buffer.Actor)
            );
    }
}
