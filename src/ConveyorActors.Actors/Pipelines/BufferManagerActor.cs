using Akka.Event;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The entity of one pipeline. It owns admission - the engine with its limits - and supervises one actor for each stage and each source; what concerns one of
/// these goes to it.
/// </summary>
sealed class BufferManagerActor(PipelineEngine engine) : ConveyorActor
{
    const string StagePrefix = "stage-", SourcePrefix = "source-";

    readonly ChildBook stages = engine.StageActors;
    readonly ChildBook sources = engine.SourceActors;

    public static Props Props(PipelineEngine engine) => Akka.Actor.Props.Create(() => new BufferManagerActor(engine)).WithDispatcher(engine.Dispatchers.Pipelines);

    string Pipeline => engine.Pipeline;

    IBufferService Buffers => engine.Buffers;

    protected override bool Handle(object message)
    {
        if (message is IPipelineCommand command) Missing.Refuse(command);
        switch (message)
        {
            case IPipelineCommand stray when stray.Pipeline != Pipeline:
                throw new ArgumentException($"Pipeline is '{stray.Pipeline}'; this is the manager of pipeline '{Pipeline}'.", nameof(message));
            case IStageCommand m:
                Forward(m, m.Stage, stages, StagePrefix);
                return true;
            case ISourceCommand m:
                Forward(m, m.Source, sources, SourcePrefix);
                return true;
            case CancelWait { Stage: { } stage } m:
                Forward(m, stage, stages, StagePrefix);
                return true;
            case CancelWait { Source: { } source } m:
                Forward(m, source, sources, SourcePrefix);
                return true;
            case ChildIsIdle:
                LetGo(Sender);
                return true;
            case ChildStays:
                stages.Stay(Sender);
                sources.Stay(Sender);
                return true;
            case Terminated gone:
                if (!Gone(gone.ActorRef, stages, StagePrefix)) Gone(gone.ActorRef, sources, SourcePrefix);
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
                Answer(m, DoneAsync(Buffers.ConfigureAsync(Pipeline, m.Settings)), static r => r);
                return true;
            case PlanLimits m:
                Answer(m, Buffers.PlanLimitsAsync(Pipeline, m.Settings), static r => new LimitsPlanned(r));
                return true;
            case GetGlobalUtilization m:
                Answer(m, Buffers.GetGlobalUtilizationAsync(Pipeline), static r => new Fill(r));
                return true;
            case GetStagesWithData m:
                Answer(m, Buffers.StagesWithDataAsync(Pipeline), static r => new NameList(r));
                return true;
            case GetSnapshot m:
                Answer(m, Buffers.SnapshotAsync(Pipeline), static r => new SnapshotTaken(r));
                return true;
            case StopPipeline m:
                Answer(m, Buffers.StopAsync(Pipeline, m.Deadline), static r => new PipelineStopped(r));
                return true;
            default:
                return false;
        }
    }

    void Forward(object message, string name, ChildBook children, string prefix)
    {
        if (children.Find(name) is null) CreateChild(name, children, prefix);
        children.Send(name, message, Sender);
    }

    void CreateChild(string name, ChildBook children, string prefix)
    {
        Names.Checked(name, prefix == StagePrefix ? "stage" : "source");
        var props = prefix == StagePrefix ? StageBufferActor.Props(engine, name) : SourceBufferActor.Props(engine, name);
        children.Add(name, Context.Watch(Context.ActorOf(props.WithDispatcher(engine.Dispatchers.Stages), prefix + ActorNames.Escaped(name))));
    }

    /// <summary>
    /// What an idle actor was sent before this may have given it something to do, so it is asked, and has the last word. What comes for it in between goes to
    /// it if it stays, or to the one that follows it.
    /// </summary>
    void LetGo(IActorRef child)
    {
        if (stages.BeginLeaving(child) || sources.BeginLeaving(child)) child.Tell(LeaveIfIdle.Instance, Self);
    }

    bool Gone(IActorRef child, ChildBook children, string prefix)
    {
        var (name, unread, wasAsked) = children.Remove(child);
        if (name is null) return false;
        var isNeeded = prefix == StagePrefix ? engine.LeaveStage(name, unread) : engine.LeaveSource(name, unread);
        if (isNeeded) CreateChild(name, children, prefix);
        else Problems.TellAll(children.TakeUnread(name), Problems.Stopped);
        if (!wasAsked) Supervision.LogStop(Context.GetLogger(), child, isNeeded, unread);
        return true;
    }

    protected override void PreStart()
    {
        engine.WasManaged = true;
        foreach (var (name, isStage) in engine.InNeed().Distinct().ToArray()) CreateChild(name, isStage ? stages : sources, isStage ? StagePrefix : SourcePrefix);
    }

    // Stopping this actor does not discard the pipeline's records, waits and leases; they belong to the engine and outlive it.
    protected override void PostStop() => engine.LeaveAll();

    static async ValueTask<IConveyorReply> DoneAsync(ValueTask working)
    {
        await working.ConfigureAwait(false);
        return Configured.Instance;
    }
}
