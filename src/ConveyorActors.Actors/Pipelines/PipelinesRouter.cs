using Akka.Routing;
using Akka.Util;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The reference that users send their commands to: what is sent is queued on the sender's thread, outside all actors.
/// So it goes on to work when the actor of the pipelines, or its own, is stopped by hand; once everything has stopped
/// it refuses at once.
/// </summary>
sealed class PipelinesRouter(PipelineDirectory directory) : CustomRouterConfig
{
    public override Router CreateRouter(ActorSystem system) => new(new Logic(new(directory)), []);

    public override ISurrogate ToSurrogate(ActorSystem system) =>
        throw new NotSupportedException(
            "The door of the pipelines cannot be deployed to another node: it knows the pipelines of this one."
        );

    sealed class Logic(Entry entry) : RoutingLogic
    {
        public override Routee Select(object message, Routee[] none) => entry;
    }

    sealed class Entry(PipelineDirectory directory) : Routee
    {
        public override void Send(object message, IActorRef sender) => directory.Send(message, sender);
    }
}
