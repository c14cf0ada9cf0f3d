using System.Threading.Channels;
using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Represents a <see cref="ActorBufferService"/> to the other actors: owns its leases and waits, and queues the work of
/// its own actor. The service of an actor system outlives that actor: when it is stopped by hand, the actor is created
/// again and continues.
/// </summary>
sealed class ServiceOwner
{
    readonly TaskCompletionSource ended = new();
    Action endOwner;

    ServiceOwner(IActorRef reference, Action endOwner) => (Reference, this.endOwner) = (reference, endOwner);

    /// <summary>The owner of the leases and waits: they end when it ends.</summary>
    public IActorRef Reference { get; private set; }

    /// <summary>Completes when the service has ended.</summary>
    public Task Ended => ended.Task;

    /// <summary>The messages for the actor, until one of its incarnations has read them.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>The readers of signals. Used by the actor alone; outlives it.</summary>
    public Dictionary<long, (ServiceClient.Listen Listen, IActorRef Actor)> Readers { get; } = [];

    /// <summary>Whether the service was disposed: the actor is no longer needed.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>
    /// Creates an owner that is represented by its actor: it ends with the actor, and the actor ends with the actor of
    /// the pipelines.
    /// </summary>
    public static ServiceOwner Start(ActorSystem system, IActorRef pipelines)
    {
        var owner = new ServiceOwner(ActorRefs.Nobody, static () => { });
        var actor = system.ActorOf(ServiceClient.Props(owner, pipelines, endsWithActor: true));
        owner.Reference = actor;
        owner.endOwner = () => actor.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        return owner;
    }

    /// <summary>
    /// Creates an owner that is represented by a reference without an actor: it ends when it is disposed, also if its
    /// actor ends before.
    /// </summary>
    public static ServiceOwner Below(IActorRef parent, IActorRefProvider provider, string name = "service-owner")
    {
        var reference = new OwnerReference(parent.Path / name, provider);
        return new(reference, reference.End);
    }

    /// <summary>Starts to listen to a source.</summary>
    public void Listen(long number, string pipeline, string source, ChannelWriter<BackpressureSignal> signals) =>
        Inbox.Post(new ServiceClient.Listen(number, pipeline, source, signals), ActorRefs.NoSender);

    /// <summary>Stops listening to it.</summary>
    public void StopListening(long number) => Inbox.Post(new ServiceClient.StopListening(number), ActorRefs.NoSender);

    /// <summary>The service was disposed: its leases and waits end.</summary>
    public void Finish()
    {
        IsFinished = true;
        endOwner();
        Inbox.Post(ServiceClient.Finish.Instance, ActorRefs.NoSender);
    }

    /// <summary>Ends the service. Calls that wait for it fail on this thread.</summary>
    public void End() => ended.TrySetResult();
}
