using Akka.Cluster.Sharding;
using Akka.Event;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// The entity of one pipeline: while it lives, its node works on the pipeline. The node takes the pipeline before its location is reported, and the entity stops
/// only when the node has released the pipeline, with every outstanding event written.
/// </summary>
sealed class PipelineEntity(string pipeline, IActorRef pipelines, string path, TimeSpan passivateAfter) : UntypedActor, IWithTimers
{
    const int MostAsking = 10_000;

    readonly Queue<IActorRef> asking = new();
    bool isTaken, isStopping;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The stop message of the entities: the pipeline goes to another node, or holds nothing.</summary>
    public sealed record Stop : INoSerializationVerificationNeeded
    {
        public static Stop Instance { get; } = new();
    }

    sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }

    public static Props Props(string pipeline, IActorRef pipelines, string path, TimeSpan passivateAfter) =>
        Akka.Actor.Props.Create(() => new PipelineEntity(pipeline, pipelines, path, passivateAfter));

    protected override void PreStart()
    {
        pipelines.Tell(new TakePipeline(pipeline), Self);
        Timers.StartPeriodicTimer(Look.Instance, Look.Instance, passivateAfter);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Locate when isStopping:
                break; // the next incarnation is asked again
            case Locate when isTaken:
                Sender.Tell(new Located(pipeline, path), Self);
                break;
            case Locate:
                if (asking.Count < MostAsking) asking.Enqueue(Sender);
                break;
            case IPipelineCommand command:
                pipelines.Tell(new Here(command), Sender);
                break;
            case PipelineTaken when !isTaken && !isStopping:
                isTaken = true;
                Context.GetLogger().Info("Pipeline '{0}' is on this node.", pipeline);
                while (asking.TryDequeue(out var asker)) asker.Tell(new Located(pipeline, path), Self);
                break;
            case Look when isTaken && !isStopping:
                pipelines.Tell(new LetGoIfEmpty(pipeline), Self);
                break;
            case Stop when !isStopping:
                isStopping = true;
                pipelines.Tell(new HandOverPipeline(pipeline), Self);
                break;
            case PipelineHandedOver when isStopping:
                isTaken = false;
                Context.GetLogger().Info("Pipeline '{0}' has left this node.", pipeline);
                Context.Stop(Self);
                break;
            case PipelineHandedOver when isTaken:
                isTaken = false; // the pipeline holds nothing: the shard stops and forgets this entity, and keeps new messages for the next one
                Context.Parent.Tell(new Passivate(Stop.Instance), Self);
                break;
            case Look or Stop or PipelineTaken or PipelineHandedOver:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // However the entity ended, the node must stop working on a pipeline that another node may be given.
    protected override void PostStop()
    {
        if (isTaken) pipelines.Tell(new HandOverPipeline(pipeline), ActorRefs.Nobody);
    }
}
