using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The buffer of one core. Gathers the records that were enqueued on its core, and passes them on to their stages in
/// batches, by count or age, whichever comes first. A record whose sender waits for a reply does not wait for more
/// records.
/// </summary>
sealed class BufferActor : UntypedActor, IWithTimers
{
    const int MaxAtOnce = 256;

    readonly BufferActorState buffer;
    readonly BufferActorLanes lanes;
    readonly BufferActorPasses passes;
    readonly BufferActorSettler settler;

    public BufferActor(BufferActorState buffer, IActorRef pipelines)
    {
        this.buffer = buffer;
        lanes = buffer.Lanes;
        passes = new(buffer, pipelines, Self, this);
        settler = new(buffer, passes, Self, Context.System, Context.GetLogger());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(BufferActorState buffer, IActorRef pipelines) =>
        Akka.Actor.Props.Create(() => new BufferActor(buffer, pipelines)).WithDispatcher(buffer.Settings.Dispatcher);

    /// <summary>
    /// Tells the actor to pass on all its records now. The actor replies with <see cref="Drained"/> when none is left.
    /// </summary>
    public sealed record Drain : INoSerializationVerificationNeeded;

    /// <summary>The reply to <see cref="Drain"/>: no record is left.</summary>
    public sealed record Drained : INoSerializationVerificationNeeded;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MessageQueue.Filled:
                ReadInbox();
                break;
            case IEnqueueCommand m:
                // The message was sent to the actor itself, past the router, so its room is reserved here.
                new BufferActorRoutee(buffer, Context.System).Send(m, Sender);
                break;
            case PartsOffered m:
                settler.Conclude(m);
                break;
            case BufferActorPasses.CheckPasses:
                settler.CheckPasses();
                break;
            case BufferActorPasses.Tick:
                lanes.IsTicking = false;
                passes.SendListed();
                break;
            case BufferActorPasses.RetryOffer { Lane: { IsHeld: true } held }:
                passes.OfferNow(held);
                break;
            case BufferActorPasses.RetryOffer:
                break;
            case Drain:
                DrainFor(Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    void ReadInbox()
    {
        for (var i = 0; i < MaxAtOnce; i++)
        {
            if (buffer.Inbox.TryTake(out var message, out var sender))
            {
                lanes.Current = ((IEnqueueCommand)message, sender);
                Gather(lanes.Current.Command, sender);
            }
            else if (buffer.Inbox.TrySleep())
                return;
        }
        Self.Tell(MessageQueue.Filled.Instance, ActorRefs.NoSender);
    }

    void Gather(IEnqueueCommand command, IActorRef sender)
    {
        lanes.HeldCount = command.Count;
        var lane = lanes.GetOrAddLane(command.Target);
        if (buffer.Share.IsOver(lane, command.Count))
        {
            lanes.HeldCount = 0;
            buffer.Gate.Release(command.Count);
            buffer.RefuseOverfull(Context.System, command, sender, EnqueueReplies.CreateOverfull(lane));
            buffer.UpdateShare(lane);
            return;
        }
        if (TryGetReplyTo(lane, command, sender, out var replyTo))
        {
            if (command is Enqueue one)
                lane.Open.Add(one.Record, replyTo);
            else
                lane.Open.Add(((EnqueueBatch)command).Records.Span, replyTo);
        }
        lanes.HeldCount = 0;
        if (lane.Open.Count >= buffer.Settings.BatchSize || replyTo is not null || lanes.Drainers.Count > 0)
            passes.SendDue(lane);
        else
            passes.AddDue(lane);
        buffer.UpdateShare(lane);
    }

    // The gathered records are in the buffer state, not in this actor: the next incarnation continues with them.
    protected override void PreRestart(Exception reason, object? message)
    {
        BufferLog.LogActorRestarted(
            Context.GetLogger(),
            Self,
            lanes.HeldCount > 0 ? lanes.Current.Command : message,
            reason
        );
        Self.Tell(MessageQueue.Filled.Instance, ActorRefs.NoSender);
        if (lanes.HeldCount == 0)
            return;
        var (command, sender) = lanes.Current;
        if (EnqueueReplies.IsExpected(command, sender))
        {
            buffer.RecordLeft(lanes.HeldCount);
            sender.Reply(Problems.FromException(reason).WithReference(command), Self);
        }
        else
            settler.Lose(lanes.HeldCount, command, $"the actor failed: {ExceptionMessage.Read(reason)}");
        lanes.HeldCount = 0;
    }

    // The timers ended with the last incarnation, and so perhaps did work that it had not begun.
    protected override void PostRestart(Exception reason) => Continue(ExceptionMessage.Read(reason));

    // The actor is created for the first time, or after a stop. In the second case the replies to its passes went to
    // the stopped actor.
    protected override void PreStart()
    {
        Continue("the buffer actor was stopped and is running again");
        settler.CheckPasses();
    }

    void Continue(string why)
    {
        passes.RestartTimers();
        foreach (var lane in lanes.All)
        {
            if (lane.IsHeld)
                passes.ScheduleOffer(lane);
            else if (lane.IsStranded)
                settler.Hold(lane, EnqueueReplies.CreateNotOffered(why));
            settler.SendReplies(lane);
        }
        settler.ReplyIfDrained();
    }

    /// <summary>
    /// Finds the sender that must get a reply. Returns false if that sender was refused at once, because an earlier
    /// record was refused and is still waiting.
    /// </summary>
    bool TryGetReplyTo(BufferActorLane lane, IEnqueueCommand command, IActorRef sender, out IActorRef? replyTo)
    {
        replyTo = EnqueueReplies.IsExpected(command, sender) ? new ReplyAddress(sender, command) : null;
        if (replyTo is null || !lane.IsHeld)
            return true;
        buffer.RecordLeft(command.Count);
        replyTo.Tell(lane.Refusal, Self);
        replyTo = null;
        return false;
    }

    void DrainFor(IActorRef drainer)
    {
        lanes.Drainers.Add(drainer);
        foreach (var lane in lanes.All)
        {
            passes.AddDue(lane);
            if (!lane.IsHeld)
                continue;
            lane.Refusals = 0; // a drain has no time for the longest waits
            passes.OfferNow(lane);
        }
        passes.SendListed();
        settler.ReplyIfDrained();
    }
}
