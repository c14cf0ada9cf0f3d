using Akka.Event;
using Akka.Routing;
using Akka.Util;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>
/// One reference for several core buffers: the sender's thread takes room in the buffer of the core it runs on and sends the message there, or hears at once
/// that there is none.
/// </summary>
sealed class CoreRouter(IReadOnlyList<CoreBuffer> buffers) : CustomRouterConfig
{
    public override Router CreateRouter(ActorSystem system) => new(new Logic([.. buffers.Select(b => new CoreRoutee(b, system))]), []);

    public override ISurrogate ToSurrogate(ActorSystem system) =>
        throw new NotSupportedException("The router of the core buffers cannot be deployed to another node: it knows the cores of this one.");

    sealed class Logic(CoreRoutee[] routees) : RoutingLogic
    {
        public override Routee Select(object message, Routee[] none) =>
            routees.Length == 1 ? routees[0] : routees[Thread.GetCurrentProcessorId() % routees.Length];
    }
}

/// <summary>One core buffer as the router sees it.</summary>
sealed class CoreRoutee(CoreBuffer buffer, ActorSystem system) : Routee
{
    public override void Send(object message, IActorRef sender)
    {
        if (message is IPipelineCommand or GetPipelines && !sender.IsNobody())
            sender.Reply(
                new Failed(Problem.Argument, $"{message.GetType().Name} was sent to the core buffers; it must be sent to ConveyorSystem.Pipelines.").About(message),
                buffer.Actor);
        else if (message is not ICoreCommand command) buffer.Actor.Tell(message, sender);
        else if (!buffer.Gate.IsClosed && buffer.WhyOverfull(command.Target) is { } why) buffer.RefuseOverfull(system, command, sender, why);
        else if (buffer.Gate.TryTake(command.Count)) buffer.Enter(command, sender);
        else Refuse(command, sender);
    }

    void Refuse(ICoreCommand command, IActorRef sender)
    {
        IConveyorReply why = buffer.Gate.IsClosed ? CoreAnswers.Stopping
            : command.Count <= buffer.Gate.Capacity ? new EnqueueResult(EnqueueOutcome.BufferFull, 0, 0, BackpressureSignal.None, 0)
            : new Failed(
                Problem.ArgumentOutOfRange,
                $"Records has {command.Count} records; a core buffer holds {buffer.Gate.Capacity} at most (conveyor.core-buffers.capacity).", "Records");
        if (why is EnqueueResult { Status: EnqueueOutcome.BufferFull } && buffer.FullLog.Count(command.Count, out var refused))
            BufferLog.CoreBufferFull(system.Log, buffer.Core, buffer.Gate.Capacity, refused);
        if (CoreAnswers.IsWanted(command, sender)) sender.Reply(why.About(command), buffer.Actor);
        else system.EventStream.Publish(new Dropped(command, CoreAnswers.Reason(why), sender ?? ActorRefs.NoSender, buffer.Actor));
    }
}
