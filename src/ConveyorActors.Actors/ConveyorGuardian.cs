using Akka.Event;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Actors;

/// <summary>
/// The root actor of the buffers, <c>/user/conveyor</c>. Its children are <c>pipelines</c> with their managers, stages
/// and sources, <c>core-0</c> and so on, and the references that lead to them. A child that is stopped by hand is
/// created again with its state. Once this actor itself is stopped, every command is refused at once.
/// </summary>
sealed class ConveyorGuardian(
    PipelineDirectory directory,
    IReadOnlyList<BufferActorState> cores,
    ConveyorGuardian.Service service
) : ConveyorActor
{
    const string ServiceName = "service";

    readonly Dictionary<IActorRef, Func<IActorRefFactory, IActorRef>> again = [];

    /// <summary>The references of the actors that <see cref="Start"/> has created.</summary>
    /// <param name="Guardian">The root actor.</param>
    /// <param name="Pipelines">The actor that takes commands to pipelines.</param>
    /// <param name="Buffers">The reference that takes enqueued records, regardless of the core they come from.</param>
    /// <param name="Writers">References that take enqueued records, each for one buffer actor only.</param>
    /// <param name="Client">The owner of the leases and waits of the service.</param>
    public sealed record Started(
        IActorRef Guardian,
        IActorRef Pipelines,
        IActorRef Buffers,
        IReadOnlyList<IActorRef> Writers,
        ServiceOwner Client
    );

    /// <summary>Holds the owner of the service's leases and waits; null until the owner is created.</summary>
    public sealed class Service
    {
        public volatile ServiceOwner? Owner;
    }

    /// <summary>Puts a child under supervision, with a function that creates it again.</summary>
    sealed record Supervise(IActorRef Child, Func<IActorRefFactory, IActorRef> Again)
        : INoSerializationVerificationNeeded;

    /// <summary>
    /// Creates the actors. Their references are available at once, on the caller's thread; messages that are sent
    /// before the actors have begun wait in their mailboxes. So no thread waits for another one, on any dispatcher
    /// and under any load.
    /// </summary>
    public static Started Start(
        ExtendedActorSystem system,
        PipelineDirectory directory,
        IReadOnlyList<BufferActorState> cores
    )
    {
        var dispatcher = directory.Settings.Dispatchers.Pipelines;
        var service = new Service();
        var guardian = GetCell(system.Guardian)
            .ActorOf(
                Props.Create(() => new ConveyorGuardian(directory, cores, service)).WithDispatcher(dispatcher),
                "conveyor"
            );
        var context = GetCell(guardian);
        Create(f => f.ActorOf(PipelinesActor.Props(directory).WithDispatcher(dispatcher), "pipelines"));
        var pipelines = Create(f => f.ActorOf(Props.Empty.WithRouter(new PipelinesRouter(directory)), "commands"));
        foreach (var core in cores)
            Create(f => core.Actor = f.ActorOf(BufferActor.Props(core, pipelines), $"core-{core.Core}"));
        var buffers = Create(f => f.ActorOf(Props.Empty.WithRouter(new BufferActorRouter(cores)), "buffers"));
        IActorRef[] writers =
        [
            .. cores.Select(core =>
                Create(f => f.ActorOf(Props.Empty.WithRouter(new BufferActorRouter([core])), $"writer-{core.Core}"))
            ),
        ];
        system.EventStream.Subscribe(new DeadLetterRescue(guardian, directory, cores, system), typeof(DeadLetter));
        var owner = service.Owner = ServiceOwner.CreateBelow(guardian, system.Provider);
        Create(f =>
            f.ActorOf(
                ServiceClient.Props(owner, pipelines, endsWithActor: false).WithDispatcher(dispatcher),
                ServiceName
            )
        );
        return new(guardian, pipelines, buffers, writers, owner);

        IActorRef Create(Func<IActorRefFactory, IActorRef> create)
        {
            var child = create(context);
            guardian.Tell(new Supervise(child, create), ActorRefs.NoSender);
            return child;
        }
    }

    static ActorCell GetCell(IActorRef actor) =>
        actor is ActorRefWithCell { Underlying: ActorCell cell }
            ? cell
            : throw new InvalidOperationException("The actor system is terminating; the buffers cannot be started.");

    protected override bool Handle(object message)
    {
        switch (message)
        {
            case Supervise m:
                again[Context.Watch(m.Child)] = m.Again;
                return true;
            case Terminated { ActorRef.Path.Name: ServiceName } when service.Owner?.IsFinished ?? false:
                return true;
            case Terminated { ActorRef: var terminated } when again.Remove(terminated, out var create):
                again[Context.Watch(create(Context))] = create;
                Context
                    .GetLogger()
                    .Warning(
                        "{0} was stopped by hand. It was created again, and nothing that it held or was sent is lost.",
                        terminated.Path
                    );
                return true;
            default:
                return false;
        }
    }

    // The children survive a crash of this actor.
    protected override void PreRestart(Exception reason, object? message)
    {
        base.PreRestart(reason, message);
        foreach (var (child, create) in again)
            Self.Tell(new Supervise(child, create), ActorRefs.NoSender);
    }

    // However this actor ended, new messages are refused, and every wait ends with that reason.
    protected override void PostStop()
    {
        service.Owner?.End();
        foreach (var core in cores)
            core.Close(Context.System);
        directory.Close();
    }
}
