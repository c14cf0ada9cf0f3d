namespace ConveyorActors.Actors.Tests;

/// <summary>
/// Hears what is published on the publisher's thread: an actor that listens may be stopped with the system before it
/// has heard the last of it.
/// </summary>
sealed class Ear(ActorSystem system, Action<object> hear) : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", system.Name)) / "ear";

    public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;

    protected override void TellInternal(object message, IActorRef sender) => hear(message);
}
