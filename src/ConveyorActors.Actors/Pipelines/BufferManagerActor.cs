using Akka.Event;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The actor of one pipeline. It owns the engine with its limits, which admits records, and supervises one actor for
/// each stage and each source. Commands about a stage or source are forwarded to its actor.
/// </summary>
sealed class BufferManagerActor(PipelineContext shared) : ConveyorActor, IWithTimers
{
    const string StagePrefix = "stage-",
        SourcePrefix = "source-";

    readonly ChildRegistry stages = shared.StageActors;
    readonly ChildRegistry sources = shared.SourceActors;

    public static Props Props(PipelineContext shared) =>
        Akka.Actor.Props.Create(() => new BufferManagerActor(shared)).WithDispatcher(shared.Dispatchers.Pipelines);

    public ITimerScheduler Timers { get; set; } = null!;

    protected override WorkCount? UnderWay => shared.UnderWay;

    string Pipeline => shared.Pipeline;

    IBufferService Buffers => shared.Buffers;

    protected override bool Handle(object message)
    {
        if (message is IPipelineCommand command)
        {
            if (PipelineQueries.Uses(command))
                shared.WasUsed = true;
            CommandValidator.Validate(command);
        }
        switch (message)
        {
            case IPipelineCommand stray when stray.Pipeline != Pipeline:
                throw new ArgumentException(
                    $"Pipeline is '{stray.Pipeline}'; this is the manager of pipeline '{Pipeline}'.",
                    nameof(message)
                );
            case UnsubscribeSignals { Source: { } unknown } when sources.Find(unknown) is null:
                return true;
            case IPipelineCommand question when TryReplyFromEmpty(question):
                return true;
            case IStageCommand m:
                Forward(m, m.Stage, stages, StagePrefix);
                return true;
            case ISourceCommand m:
                Forward(m, m.Source, sources, SourcePrefix);
                return true;
            case CancelWait { Stage: { } stage } m:
                if (stages.Find(stage) is not null)
                    Forward(m, stage, stages, StagePrefix);
                return true;
            case CancelWait { Source: { } source } m:
                if (sources.Find(source) is not null)
                    Forward(m, source, sources, SourcePrefix);
                return true;
            case ChildIsIdle:
                BeginLeaving(Sender);
                return true;
            case ChildStays:
                stages.Keep(Sender);
                sources.Keep(Sender);
                return true;
            case CheckIdle:
                if (!shared.WasUsed && shared.IsEmpty())
                    Context.Parent.Tell(new ChildIsIdle(), Self);
                shared.WasUsed = false;
                return true;
            case LeaveIfIdle:
                if (shared.IsEmpty())
                    Context.Stop(Self);
                else
                    Context.Parent.Tell(new ChildStays(), Self);
                return true;
            case Terminated terminated:
                if (!OnChildTerminated(terminated.ActorRef, stages, StagePrefix))
                    OnChildTerminated(terminated.ActorRef, sources, SourcePrefix);
                return true;
            default:
                return HandleOwn(message);
        }
    }

    bool HandleOwn(object message)
    {
        switch (message)
        {
            case ConfigurePipeline m:
                shared.IsKept = true;
                ReplyWhenDone(m, ReplyConfiguredAsync(Buffers.ConfigureAsync(Pipeline, m.Settings)), static r => r);
                return true;
            case PlanLimits m:
                ReplyWhenDone(m, Buffers.PlanLimitsAsync(Pipeline, m.Settings), static r => new LimitsPlanned(r));
                return true;
            case GetGlobalUtilization m:
                ReplyWhenDone(m, Buffers.GetGlobalUtilizationAsync(Pipeline), static r => new Fill(r));
                return true;
            case GetStagesWithData m:
                ReplyWhenDone(m, Buffers.GetStagesWithDataAsync(Pipeline), static r => new NameList(r));
                return true;
            case GetSnapshot m:
                ReplyWhenDone(m, Buffers.GetSnapshotAsync(Pipeline), static r => new SnapshotTaken(r));
                return true;
            case Flush m:
                ReplyWhenDone(m, Buffers.FlushAsync(Pipeline), static r => new Flushed(r));
                return true;
            case PlaceHold m:
                ReplyWhenDone(m, Buffers.PauseAsync(Pipeline, m.Target, m.Name), static r => new HoldChanged(r));
                return true;
            case LiftHold m:
                ReplyWhenDone(m, Buffers.ResumeAsync(Pipeline, m.Target, m.Name), static r => new HoldChanged(r));
                return true;
            case SetCheckpoint m:
                if (!Buffers.IsDurable)
                    shared.IsKept = true; // the checkpoint is stored nowhere else
                ReplyWhenDone(m, ReplyStoredAsync(Buffers.SetCheckpointAsync(Pipeline, m.Checkpoint)), static r => r);
                return true;
            case GetCheckpoint m:
                ReplyWhenDone(m, Buffers.GetCheckpointAsync(Pipeline, m.Key), static r => new CheckpointIs(r));
                return true;
            case SetPosition m:
                ReplyWhenDone(
                    m,
                    ReplyStoredAsync(Buffers.SetPositionAsync(Pipeline, m.ReadSource, m.Position)),
                    static r => r
                );
                return true;
            case GetPosition m:
                ReplyWhenDone(m, Buffers.GetPositionAsync(Pipeline, m.ReadSource), static r => new PositionIs(r));
                return true;
            case StopPipeline m:
                shared.IsKept = true;
                ReplyWhenDone(m, Buffers.StopAsync(Pipeline, m.Deadline), static r => new PipelineStopped(r));
                return true;
            default:
                return false;
        }
    }

    /// <summary>
    /// Replies to a command about a stage or source that does not exist, without creating an actor for it.
    /// </summary>
    bool TryReplyFromEmpty(IPipelineCommand command)
    {
        var isThere = command switch
        {
            IStageCommand m => m.Stage is null || stages.Find(m.Stage) is not null || shared.HasStage(m.Stage),
            ISourceCommand m => m.Source is null || sources.Find(m.Source) is not null || shared.HasSource(m.Source),
            _ => true,
        };
        // A lease from a missing stage uses the empty pipeline: the stage may be created meanwhile, and its leases are
        // tracked by its actor.
        if (
            isThere
            || PipelineQueries.Query(command is GetBatch ? PipelineQueries.Nothing : Buffers, command) is not { } reply
        )
            return false;
        ReplyWhenDone(command, reply, static r => r);
        return true;
    }

    void Forward(object message, string name, ChildRegistry children, string prefix)
    {
        if (children.Find(name) is null)
            CreateChild(name, children, prefix);
        children.Send(name, message, Sender);
    }

    void CreateChild(string name, ChildRegistry children, string prefix)
    {
        Names.Validate(name, prefix == StagePrefix ? "stage" : "source");
        var props =
            prefix == StagePrefix ? StageBufferActor.Props(shared, name) : SourceBufferActor.Props(shared, name);
        children.Add(
            name,
            Context.Watch(
                Context.ActorOf(props.WithDispatcher(shared.Dispatchers.Stages), prefix + ActorNames.Escape(name))
            )
        );
    }

    /// <summary>
    /// Asks an idle actor to stop. The actor decides, because messages sent to it before may have given it work.
    /// Messages that arrive meanwhile go to the actor if it stays, or to its successor.
    /// </summary>
    void BeginLeaving(IActorRef child)
    {
        if (stages.BeginLeaving(child) || sources.BeginLeaving(child))
            child.Tell(LeaveIfIdle.Instance, Self);
    }

    bool OnChildTerminated(IActorRef child, ChildRegistry children, string prefix)
    {
        var (name, unread, wasLeaving) = children.Remove(child);
        if (name is null)
            return false;
        var isNeeded = prefix == StagePrefix ? shared.LeaveStage(name, unread) : shared.LeaveSource(name, unread);
        if (isNeeded)
            CreateChild(name, children, prefix);
        else
            Problems.ReplyToAll(children.TakeUnread(name), Problems.Stopped);
        if (!wasLeaving)
            Supervision.LogStop(Context.GetLogger(), child, isNeeded, unread);
        return true;
    }

    protected override void PreRestart(Exception reason, object? message)
    {
        base.PreRestart(reason, message);
        if (Current is LeaveIfIdle)
            Context.Parent.Tell(new ChildStays(), Self); // messages that came since wait for this reply
    }

    protected override void PostRestart(Exception reason) => StartIdleTimer();

    void StartIdleTimer()
    {
        if (shared.IdleAfter is { } every)
            Timers.StartPeriodicTimer(CheckIdle.Instance, CheckIdle.Instance, every);
    }

    protected override void PreStart()
    {
        StartIdleTimer();
        shared.WasManaged = true;
        foreach (var (name, isStage) in shared.FindInNeed().Distinct().ToArray())
            CreateChild(name, isStage ? stages : sources, isStage ? StagePrefix : SourcePrefix);
    }

    // Stopping this actor does not discard the pipeline's records, waits and leases; they belong to the engine and
    // outlive it.
    protected override void PostStop() => shared.LeaveAll();

    static async ValueTask<IConveyorReply> ReplyStoredAsync(ValueTask working)
    {
        await working.ConfigureAwait(false);
        return Stored.Instance;
    }

    static async ValueTask<IConveyorReply> ReplyConfiguredAsync(ValueTask working)
    {
        await working.ConfigureAwait(false);
        return Configured.Instance;
    }
}
