using ConveyorActors.Actors.Core;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Actors;

/// <summary>The parent of all: <c>/user/conveyor</c>, with <c>pipelines</c> and their managers, stages and sources, <c>core-0</c> and so on, and the references that lead to them.</summary>
sealed class ConveyorGuardian(IReadOnlyList<CoreBuffer> cores) : ConveyorActor
{
    /// <summary>Everybody is there.</summary>
    /// <param name="Guardian">The parent.</param>
    /// <param name="Pipelines">Takes commands to pipelines.</param>
    /// <param name="Buffers">Takes what is enqueued, whatever core it comes from.</param>
    /// <param name="Writers">The same, each to one core buffer only.</param>
    /// <param name="Client">Who the service waits as, and what completes when it ends.</param>
    public sealed record Started(
        IActorRef Guardian, IActorRef Pipelines, IActorRef Buffers, IReadOnlyList<IActorRef> Writers, (IActorRef Actor, Task Ended) Client);

    /// <summary>
    /// Creates the actors. Their references are there at once, on the caller's thread; what is sent to them before they have begun waits in their mailboxes. So
    /// no thread waits for another one, whatever dispatcher the caller runs on and however busy it is.
    /// </summary>
    public static Started Start(ExtendedActorSystem system, PipelineDirectory directory, IReadOnlyList<CoreBuffer> cores)
    {
        var dispatcher = directory.Settings.Dispatchers.Pipelines;
        var guardian = CellOf(system.Guardian).ActorOf(Props.Create(() => new ConveyorGuardian(cores)).WithDispatcher(dispatcher), "conveyor");
        var context = CellOf(guardian);
        var pipelines = context.ActorOf(PipelinesActor.Props(directory).WithDispatcher(dispatcher), "pipelines");
        foreach (var core in cores) core.Actor = context.ActorOf(BufferActor.Props(core, pipelines), $"core-{core.Core}");
        var buffers = context.ActorOf(Props.Empty.WithRouter(new CoreRouter(cores)), "buffers");
        IActorRef[] writers = [.. cores.Select(c => context.ActorOf(Props.Empty.WithRouter(new CoreRouter([c])), $"writer-{c.Core}"))];
        return new(guardian, pipelines, buffers, writers, ServiceClient.Start(context, pipelines, "service"));
    }

    static ActorCell CellOf(IActorRef actor) => actor is ActorRefWithCell { Underlying: ActorCell cell } ? cell
        : throw new InvalidOperationException("The actor system is terminating; the buffers cannot be started any more.");

    // Whoever ended it: what comes now is refused, and told so.
    protected override void PostStop()
    {
        foreach (var core in cores) core.Gate.Close();
    }

    protected override bool Handle(object message) => false;
}
