using Akka.Routing;
using Akka.Util;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The reference that users send their commands to. Messages are queued on the sender's thread, outside all actors, so
/// they survive when the actor of the pipelines, or the router's own actor, is stopped by hand. Once all pipelines have
/// stopped, messages are refused at once.
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
