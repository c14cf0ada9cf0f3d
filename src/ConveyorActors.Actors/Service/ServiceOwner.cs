using System.Threading.Channels;
using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Who a <see cref="ClusterBufferService"/> is to the other actors: the owner of its leases and waits, and what it has its own actor do. The service of an actor
/// system outlives that actor: stopped by hand, the actor is created again and goes on.
/// </summary>
sealed class ServiceOwner
{
    readonly TaskCompletionSource ended = new();
    Action endOwner;

    ServiceOwner(IActorRef reference, Action endOwner) => (Reference, this.endOwner) = (reference, endOwner);

    /// <summary>Who owns the leases and waits: when it ends, they do.</summary>
    public IActorRef Reference { get; private set; }

    /// <summary>Completes when the service can do no more.</summary>
    public Task Ended => ended.Task;

    /// <summary>What the actor is to do, until one of its incarnations has read it.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>The readers of signals. Used by the actor alone; outlives it.</summary>
    public Dictionary<long, (ServiceClient.Listen Listen, IActorRef Actor)> Readers { get; } = [];

    /// <summary>Whether the service was disposed: the actor is not needed any more.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Creates one that its actor stands for: it ends with the actor, and the actor ends with the pipelines'.</summary>
    public static ServiceOwner Start(ActorSystem system, IActorRef pipelines)
    {
        var owner = new ServiceOwner(ActorRefs.Nobody, static () => { });
        var actor = system.ActorOf(ServiceClient.Props(owner, pipelines, endsWithActor: true));
        owner.Reference = actor;
        owner.endOwner = () => actor.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        return owner;
    }

    /// <summary>Creates one that a reference stands for which is no actor: it ends when it is told to, whatever becomes of the actor.</summary>
    public static ServiceOwner Below(IActorRef parent, IActorRefProvider provider)
    {
        var reference = new OwnerReference(parent.Path / "service-owner", provider);
        return new(reference, reference.End);
    }

    /// <summary>Begins to listen to a source.</summary>
    public void Listen(long number, string pipeline, string source, ChannelWriter<BackpressureSignal> signals) =>
        Inbox.Post(new ServiceClient.Listen(number, pipeline, source, signals), ActorRefs.NoSender);

    /// <summary>Ends that.</summary>
    public void StopListening(long number) => Inbox.Post(new ServiceClient.StopListening(number), ActorRefs.NoSender);

    /// <summary>The service was disposed: its leases and waits end.</summary>
    public void Finish()
    {
        IsFinished = true;
        endOwner();
        Inbox.Post(ServiceClient.Finish.Instance, ActorRefs.NoSender);
    }

    /// <summary>The service can do no more. Who waits for it is told on this thread.</summary>
    public void End() => ended.TrySetResult();
}
