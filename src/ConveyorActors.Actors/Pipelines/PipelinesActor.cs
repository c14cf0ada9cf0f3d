using Akka.Event;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The parent of the pipelines of one node. It creates the manager of a pipeline on the first message for it, and
/// forwards the pipeline's messages. Where pipelines are spread over a cluster, a shard region receives the commands
/// instead.
/// </summary>
sealed class PipelinesActor(PipelineDirectory directory) : ConveyorActor
{
    readonly ChildRegistry managers = directory.Managers;
    readonly PlacedPipelines placed = directory.Placed;
    readonly PendingReads reads = new();

    public static Props Props(PipelineDirectory directory) =>
        Akka.Actor.Props.Create(() => new PipelinesActor(directory));

    /// <summary>Whether the pipeline that a command asks about is stored.</summary>
    sealed record ExistenceChecked(
        IPipelineCommand Command,
        IActorRef Sender,
        bool IsStored,
        Task<IConveyorReply> EmptyReply
    ) : INoSerializationVerificationNeeded;

    /// <summary>Sent when all buffers are stopping: pipelines that are created from now on refuse everything.</summary>
    public sealed record RefuseNewPipelines : INoSerializationVerificationNeeded;

    /// <summary>Whether a pipeline that was placed here is stored.</summary>
    sealed record TakenExistenceChecked(string Pipeline, bool IsStored, long Read) : INoSerializationVerificationNeeded;

    /// <summary>Sent when the engine of a pipeline that is handed over is closed.</summary>
    sealed record EngineClosed(string Pipeline) : INoSerializationVerificationNeeded;

    protected override MessageQueue Inbox => directory.Inbox;

    protected override bool Handle(object message)
    {
        switch (message)
        {
            case ConfigurePipeline when directory.StopsNewOnes:
                // it would start a stopped pipeline again
                Sender.Reply(Problems.AddReference(message, Problems.Ended), Self);
                return true;
            case LocalOnly { Command: var command }:
                HandleHere(command);
                return true;
            // A command with an invalid name has no node; a region would not reply to an empty one.
            case IPipelineCommand { Pipeline: var name } stray when Names.IsValid(name) && !placed.IsHere(name):
                placed.Elsewhere!.Tell(stray, Sender);
                return true;
            case OpenPipeline { Pipeline: var name }:
                Open(name);
                return true;
            case TakePipeline or HandOverPipeline or ReleaseIfEmpty or TakenExistenceChecked or EngineClosed:
                HandlePlacement(message);
                return true;
            case IPipelineCommand command:
                if (!TryReplyFromEmpty(command))
                    PassOn(command, Sender);
                return true;
            case ExistenceChecked checkedCommand:
                OnExistenceChecked(checkedCommand);
                return true;
            case GetPipelines:
                reads.Await(Sender, message);
                ReplyNames();
                return true;
            case IEnqueueCommand when !Sender.IsNobody():
                RefuseEnqueue(message);
                return true;
            case RefuseNewPipelines:
                directory.StopsNewOnes = true;
                return true;
            default:
                return HandleLink(message) || HandleChild(message);
        }
    }

    bool HandleLink(object message)
    {
        switch (message)
        {
            case ILinkMessage link:
                directory.Links.Take(link, Sender, Context);
                return true;
            case CloseLinks:
                directory.Links.Close(Sender);
                return true;
            default:
                return false;
        }
    }

    bool HandleChild(object message)
    {
        switch (message)
        {
            case ChildIsIdle:
                if (managers.BeginLeaving(Sender))
                    Sender.Tell(LeaveIfIdle.Instance, Self);
                return true;
            case ChildStays:
                managers.Keep(Sender);
                return true;
            case Terminated terminated:
                directory.Links.Remove(terminated.ActorRef);
                OnManagerTerminated(terminated.ActorRef);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Handles a command that must not be passed on to another node.</summary>
    void HandleHere(IPipelineCommand command)
    {
        if (command.Pipeline is null || placed.IsHere(command.Pipeline))
            HandleFrom(Sender, command);
        else if (!Sender.IsNobody())
            Sender.Reply(Problems.AddReference(command, Problems.CreateElsewhere(command.Pipeline)), Self);
    }

    void Open(string pipeline)
    {
        if (!placed.IsHere(pipeline))
        {
            Sender.Reply(Problems.CreateElsewhere(pipeline), Self);
            return;
        }
        if (managers.Find(pipeline) is null)
            CreateChild(pipeline);
        Sender.Reply(Configured.Instance, Self);
    }

    /// <summary>Passes a command on to the manager of its pipeline, and creates the manager if there is none.</summary>
    void PassOn(IPipelineCommand command, IActorRef sender)
    {
        if (managers.Find(command.Pipeline) is null)
            CreateChild(command.Pipeline);
        managers.Send(command.Pipeline, command, sender);
    }

    void RefuseEnqueue(object message) =>
        Sender.Reply(
            new Failed(
                Problem.Argument,
                $"{message.GetType().Name} was sent to the pipelines; it must be sent to ConveyorSystem.Buffers or to a writer."
            ).WithReference(message),
            Self
        );

    /// <summary>
    /// Replies to a command that finds nothing in a pipeline that does not exist, without creating it.
    /// </summary>
    bool TryReplyFromEmpty(IPipelineCommand command)
    {
        if (command.Pipeline is null || directory.Exists(command.Pipeline))
            return false;
        CommandValidator.Validate(command);
        if (command is CancelWait or UnsubscribeSignals)
            return true;
        Names.Validate(command.Pipeline);
        var empty = directory.CreateEmpty(command.Pipeline);
        try
        {
            if (PipelineQueries.Query(empty, command) is not { } reply)
                return false;
            if (directory.Storage is { } storage)
                CheckExists(storage, command, reply.AsTask());
            else
                ReplyWhenDone(command, reply, static r => r);
            return true;
        }
        finally
        {
            _ = empty.DisposeAsync().AsTask();
        }
    }

    /// <summary>Looks up whether a pipeline that is not open here is stored. If it is, the command opens it.</summary>
    void CheckExists(IPipelineStorage storage, IPipelineCommand command, Task<IConveyorReply> emptyReply)
    {
        var sender = Sender;
        storage
            .ExistsAsync(command.Pipeline)
            .PipeTo(
                Self,
                success: isStored => new ExistenceChecked(command, sender, isStored, emptyReply),
                failure: _ => new ExistenceChecked(command, sender, true, emptyReply)
            ); // opening the pipeline reports the error
    }

    void OnExistenceChecked(ExistenceChecked checkedCommand)
    {
        var command = checkedCommand.Command;
        if (!placed.IsHere(command.Pipeline))
        {
            checkedCommand.Sender.Reply(
                Problems.AddReference(command, Problems.CreateElsewhere(command.Pipeline)),
                Self
            );
            return;
        }
        if (checkedCommand.IsStored || directory.Exists(command.Pipeline))
            PassOn(command, checkedCommand.Sender);
        else
            checkedCommand.EmptyReply.PipeTo(
                checkedCommand.Sender,
                Self,
                reply => Problems.AddReference(command, reply),
                failure => Problems.AddReference(command, Problems.FromException(failure))
            );
    }

    void HandlePlacement(object message)
    {
        switch (message)
        {
            case TakePipeline m when placed.FindLeaving(m.Pipeline) is { } leaving:
                leaving.Takers.Add(Sender);
                break;
            case TakePipeline m:
                Take(m.Pipeline, Sender);
                break;
            case TakenExistenceChecked { Pipeline: var name } checkedCommand:
                if (checkedCommand.IsStored && placed.IsHere(name) && managers.Find(name) is null)
                    CreateChild(name);
                reads.End(checkedCommand.Read);
                ReplyNames();
                break;
            case ReleaseIfEmpty m:
                if (directory.Exists(m.Pipeline) || managers.Find(m.Pipeline) is not null)
                    break;
                placed.Remove(m.Pipeline);
                Sender.Tell(new PipelineHandedOver(m.Pipeline), Self);
                break;
            case HandOverPipeline m:
                HandOver(m.Pipeline);
                break;
            case EngineClosed { Pipeline: var name } when placed.FindLeaving(name) is { } leaving:
                leaving.IsWritten = true;
                if (managers.Find(name) is { } manager)
                    Context.Stop(manager); // the hand-over ends when the manager has ended
                else
                    EndHandOver(name);
                break;
        }
    }

    void Take(string pipeline, IActorRef taker)
    {
        placed.Add(pipeline);
        taker.Tell(new PipelineTaken(pipeline), Self);
        // The pipeline's records are read back at once, without a command: times to live, retries and consumers depend
        // on it.
        if (directory.Storage is not { } storage)
            return;
        var read = reads.Begin();
        storage
            .ExistsAsync(pipeline)
            .PipeTo(
                Self,
                success: isStored => new TakenExistenceChecked(pipeline, isStored, read),
                failure: _ => new TakenExistenceChecked(pipeline, true, read)
            );
    }

    /// <summary>
    /// Replies to the senders that asked for the pipelines here, once it is known which of the pipelines placed here
    /// before the question are stored.
    /// </summary>
    void ReplyNames()
    {
        while (reads.TryTake(out var replyTo, out var question))
            replyTo.Reply(
                new NameList([
                    .. directory.Names.Union(placed.LeavingNames, StringComparer.Ordinal).Order(StringComparer.Ordinal),
                ]).WithReference(question),
                Self
            );
    }

    void HandOver(string pipeline)
    {
        if (placed.FindLeaving(pipeline) is { } under)
        {
            under.Waiters.Add(Sender);
            return;
        }
        placed.Remove(pipeline);
        if (directory.TakeOut(pipeline) is not { } context)
        {
            Sender.Tell(new PipelineHandedOver(pipeline), Self);
            return;
        }
        placed.Begin(pipeline, context).Waiters.Add(Sender);
        var self = Self;
        HandingOver
            .CloseAsync(context)
            .ContinueWith(
                _ => self.Tell(new EngineClosed(pipeline), ActorRefs.NoSender),
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );
    }

    void EndHandOver(string pipeline)
    {
        var ended = placed.End(pipeline)!;
        ended.Context.Abandon(Problems.Stopped, unread: Problems.CreateElsewhere(pipeline));
        foreach (var waiter in ended.Waiters)
            waiter.Tell(new PipelineHandedOver(pipeline), Self);
        foreach (var taker in ended.Takers)
            Take(pipeline, taker);
    }

    void OnManagerTerminated(IActorRef manager)
    {
        var (name, unread, wasLeaving) = managers.Remove(manager);
        if (name is null)
            return;
        if (placed.FindLeaving(name) is { } leaving)
        {
            Problems.ReplyToAll(managers.TakeUnread(name), Problems.CreateElsewhere(name));
            if (leaving.IsWritten)
                EndHandOver(name);
            return;
        }
        if (wasLeaving && directory.RemoveIfEmpty(name))
        {
            // These messages come before those in the inbox.
            foreach (var (message, sender) in managers.TakeUnread(name))
                HandleFrom(sender, message);
            return;
        }
        var context = directory.Open(name);
        var isThereAgain = context.WasManaged; // without a manager, an idle pipeline would not be removed
        context.WasManaged = false;
        if (isThereAgain)
            CreateChild(name);
        else
            Problems.ReplyToAll(managers.TakeUnread(name), Problems.Stopped);
        if (!wasLeaving)
            Supervision.LogStop(Context.GetLogger(), manager, isThereAgain, unread);
    }

    protected override void PreStart()
    {
        directory.Inbox.ReadBy(Self);
        foreach (var name in directory.Names.Union(managers.Orphans, StringComparer.Ordinal).ToArray())
            CreateChild(name);
    }

    // All children have stopped. The engines remain for the successor; the root actor closes them when it ends itself.
    protected override void PostStop()
    {
        managers.RemoveAll();
        directory.Links.RemoveAll();
    }

    void CreateChild(string pipeline)
    {
        Names.Validate(pipeline);
        managers.Add(
            pipeline,
            Context.Watch(
                Context.ActorOf(BufferManagerActor.Props(directory.Open(pipeline)), ActorNames.Escape(pipeline))
            )
        );
    }
}
