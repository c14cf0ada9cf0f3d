using ConveyorActors.Actors.Core;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Actors;

/// <summary>The parent of all: <c>/user/conveyor</c>, with <c>pipelines</c> and their managers, stages and sources, <c>core-0</c> and so on, and the references that lead to them.</summary>
sealed class ConveyorGuardian(PipelineDirectory directory, IReadOnlyList<CoreBuffer> cores) : ConveyorActor
{
    Started? started;

    public static Props Props(PipelineDirectory directory, IReadOnlyList<CoreBuffer> cores) =>
        Akka.Actor.Props.Create(() => new ConveyorGuardian(directory, cores)).WithDispatcher("akka.actor.internal-dispatcher");

    /// <summary>Asks for the references; answered with <see cref="Started"/>.</summary>
    public sealed record Start : INoSerializationVerificationNeeded;

    /// <summary>Everybody is there.</summary>
    /// <param name="Pipelines">Takes commands to pipelines.</param>
    /// <param name="Buffers">Takes what is enqueued, whatever core it comes from.</param>
    /// <param name="Writers">The same, each to one core buffer only.</param>
    /// <param name="Client">Who the service waits as, and what completes when it ends.</param>
    public sealed record Started(IActorRef Pipelines, IActorRef Buffers, IReadOnlyList<IActorRef> Writers, (IActorRef Actor, Task Ended) Client) : INoSerializationVerificationNeeded;

    protected override void PreStart()
    {
        var pipelines = Context.ActorOf(PipelinesActor.Props(directory), "pipelines");
        foreach (var core in cores) core.Actor = Context.ActorOf(BufferActor.Props(core, pipelines), $"core-{core.Core}");
        var buffers = Context.ActorOf(Akka.Actor.Props.Empty.WithRouter(new CoreRouter(cores)), "buffers");
        IActorRef[] writers = [.. cores.Select(c => Context.ActorOf(Akka.Actor.Props.Empty.WithRouter(new CoreRouter([c])), $"writer-{c.Core}"))];
        started = new(pipelines, buffers, writers, ServiceClient.Start(Context, pipelines, "service"));
    }

    // Whoever ended it: what comes now is refused, and told so.
    protected override void PostStop()
    {
        foreach (var core in cores) core.Gate.Close();
    }

    protected override bool Handle(object message)
    {
        if (message is not Start) return false;
        Sender.Tell(started, Self);
        return true;
    }
}
