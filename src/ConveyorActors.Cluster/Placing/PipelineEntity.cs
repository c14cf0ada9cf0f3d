using Akka.Cluster.Sharding;
using Akka.Event;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// The entity of one pipeline. While the entity lives, its node works on the pipeline. The node takes the pipeline
/// before its location is reported, and the entity stops only when the node has released the pipeline, with every
/// outstanding event written.
/// </summary>
sealed class PipelineEntity(
    string pipeline,
    IActorRef pipelines,
    string path,
    TimeSpan passivateAfter,
    ClusterMetrics metrics,
    Task agreed
) : UntypedActor, IWithTimers
{
    const int MaxWaiting = 10_000;

    readonly Queue<IActorRef> waiting = new();
    readonly Queue<(IPipelineCommand Command, IActorRef Sender)> early = new();
    bool isAgreed,
        isTaken,
        isStopping;
    long stoppingSince;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The stop message of the entities: the pipeline moves to another node, or holds nothing.</summary>
    public sealed record Stop : INoSerializationVerificationNeeded
    {
        public static Stop Instance { get; } = new();
    }

    sealed record Agreed : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Agreed Instance { get; } = new();
    }

    sealed record CheckIdle : INoSerializationVerificationNeeded
    {
        public static CheckIdle Instance { get; } = new();
    }

    public static Props Props(
        string pipeline,
        IActorRef pipelines,
        string path,
        TimeSpan passivateAfter,
        ClusterMetrics metrics,
        Task agreed
    ) => Akka.Actor.Props.Create(() => new PipelineEntity(pipeline, pipelines, path, passivateAfter, metrics, agreed));

    protected override void PreStart()
    {
        // A node with other settings, or another journal, takes no pipeline.
        if (agreed.IsCompletedSuccessfully)
            Take();
        else
            agreed.PipeTo(Self, success: () => Agreed.Instance, failure: _ => Stop.Instance);
        Timers.StartPeriodicTimer(CheckIdle.Instance, CheckIdle.Instance, passivateAfter);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Locate when isStopping:
                break; // the sender asks the next incarnation again
            case Locate when isTaken:
                Sender.Tell(new Located(pipeline, path), Self);
                break;
            case Locate:
                if (waiting.Count < MaxWaiting)
                    waiting.Enqueue(Sender);
                break;
            case Agreed:
                Take();
                break;
            case IPipelineCommand command when !isAgreed:
                if (early.Count < MaxWaiting)
                    early.Enqueue((command, Sender));
                break;
            case IPipelineCommand command:
                pipelines.Tell(new LocalOnly(command), Sender);
                break;
            case PipelineTaken when !isTaken && !isStopping:
                HandleTaken();
                break;
            case CheckIdle when isTaken && !isStopping:
                pipelines.Tell(new ReleaseIfEmpty(pipeline), Self);
                break;
            case Stop when !isStopping:
                isStopping = true;
                stoppingSince = TimeProvider.System.GetTimestamp();
                pipelines.Tell(new HandOverPipeline(pipeline), Self);
                break;
            case PipelineHandedOver when isStopping:
                HandleHandedOver();
                Context.Stop(Self);
                break;
            case PipelineHandedOver when isTaken:
                Release();
                break;
            case CheckIdle or Stop or PipelineTaken or PipelineHandedOver:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    void Take()
    {
        if (isStopping)
            return;
        isAgreed = true;
        pipelines.Tell(new TakePipeline(pipeline), Self);
        while (early.TryDequeue(out var held))
            pipelines.Tell(new LocalOnly(held.Command), held.Sender);
    }

    void HandleTaken()
    {
        isTaken = true;
        metrics.Take(pipeline);
        Context
            .GetLogger()
            .Info("[{EventName}] Pipeline '{Pipeline}' is on this node.", ClusterEvents.PipelineTaken, pipeline);
        while (waiting.TryDequeue(out var replyTo))
            replyTo.Tell(new Located(pipeline, path), Self);
    }

    /// <summary>
    /// Stops the entity of a pipeline that holds nothing. The shard removes this entity, and keeps new messages for the
    /// next one.
    /// </summary>
    void Release()
    {
        isTaken = false;
        metrics.Leave(pipeline, isPassivated: true);
        Context
            .GetLogger()
            .Info(
                "[{EventName}] Pipeline '{Pipeline}' was idle and held nothing; it is released.",
                ClusterEvents.PipelinePassivated,
                pipeline
            );
        Context.Parent.Tell(new Passivate(Stop.Instance), Self);
    }

    void HandleHandedOver()
    {
        if (!isTaken)
            return; // the pipeline had already been released
        isTaken = false;
        var took = TimeProvider.System.GetElapsedTime(stoppingSince);
        metrics.Leave(pipeline, isPassivated: false, took);
        Context
            .GetLogger()
            .Info(
                "[{EventName}] Pipeline '{Pipeline}' has left this node after {Elapsed}.",
                ClusterEvents.PipelineHandedOver,
                pipeline,
                took
            );
    }

    // However the entity ended, the node must stop working on a pipeline that may be placed on another node.
    protected override void PostStop()
    {
        if (!isTaken)
            return;
        metrics.Leave(pipeline, isPassivated: false);
        pipelines.Tell(new HandOverPipeline(pipeline), ActorRefs.Nobody);
    }
}
