using System.Threading.Channels;
using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Represents an <see cref="ActorBufferService"/> to the other actors: owns its leases and waits, and queues the
/// messages for its actor. The service of an actor system outlives that actor: if the actor is stopped by hand, it is
/// created again and continues.
/// </summary>
sealed class ServiceOwner
{
    readonly TaskCompletionSource ended = new();
    Action endOwner;

    ServiceOwner(IActorRef reference, Action endOwner) => (Reference, this.endOwner) = (reference, endOwner);

    /// <summary>Gets the reference that owns the leases and waits, which end when the reference ends.</summary>
    public IActorRef Reference { get; private set; }

    /// <summary>Gets a task that completes when the service has ended.</summary>
    public Task Ended => ended.Task;

    /// <summary>Gets the messages for the actor, until one of its incarnations has read them.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Gets the readers of signals. Used by the actor alone; outlives it.</summary>
    public Dictionary<long, (ServiceClient.Listen Listen, IActorRef Actor)> Readers { get; } = [];

    /// <summary>Gets whether the service was disposed, so that the actor is no longer needed.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>
    /// Creates an owner that is represented by its actor. The owner ends with its actor, and its actor ends with the
    /// actor of the pipelines.
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
    /// Creates an owner that is represented by a reference without an actor. The owner ends when it is disposed; the
    /// end of its actor does not end it.
    /// </summary>
    public static ServiceOwner CreateBelow(IActorRef parent, IActorRefProvider provider, string name = "service-owner")
    {
        var reference = new OwnerReference(parent.Path / name, provider);
        return new(reference, reference.End);
    }

    /// <summary>Starts to read a source's signals.</summary>
    public void Listen(long number, string pipeline, string source, ChannelWriter<BackpressureSignal> signals) =>
        Inbox.Post(new ServiceClient.Listen(number, pipeline, source, signals), ActorRefs.NoSender);

    /// <summary>Stops reading a source's signals.</summary>
    public void StopListening(long number) => Inbox.Post(new ServiceClient.StopListening(number), ActorRefs.NoSender);

    /// <summary>Ends the leases and waits of a service that was disposed.</summary>
    public void Finish()
    {
        IsFinished = true;
        endOwner();
        Inbox.Post(ServiceClient.Finish.Instance, ActorRefs.NoSender);
    }

    /// <summary>Ends the service. Pending calls fail on this thread.</summary>
    public void End() => ended.TrySetResult();
}
