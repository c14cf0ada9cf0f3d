using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// One core's buffer: gathers the records that were enqueued on its core, and passes them on to their stages in
/// batches, by count or age, whichever comes first. An answer that somebody waits for does not wait for more records.
/// </summary>
sealed partial class BufferActor(BufferActorState buffer, IActorRef pipelines) : UntypedActor, IWithTimers
{
    readonly BufferActorLanes lanes = buffer.Lanes;

    const int MostAtOnce = 256;

    /// <summary>After how many checks a pass that no stage has read is sent again.</summary>
    const int LooksBeforeAgain = 4;

    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(BufferActorState buffer, IActorRef pipelines) =>
        Akka.Actor.Props.Create(() => new BufferActor(buffer, pipelines)).WithDispatcher(buffer.Settings.Dispatcher);

    /// <summary>Pass on everything now; answered with <see cref="Drained"/> when nothing is left.</summary>
    public sealed record Drain : INoSerializationVerificationNeeded;

    /// <summary>Nothing is left.</summary>
    public sealed record Drained : INoSerializationVerificationNeeded;

    sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }

    sealed record OfferAgain(BufferActorLane Lane) : INoSerializationVerificationNeeded;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MessageQueue.Filled:
                ReadInbox();
                break;
            case IEnqueueCommand m:
                // not through the door: its room is taken here
                new BufferActorRoutee(buffer, Context.System).Send(m, Sender);
                break;
            case PartsOffered m:
                Conclude(m);
                break;
            case Look:
                LookAtPasses();
                break;
            case Tick:
                lanes.IsTicking = false;
                SendListed();
                break;
            case OfferAgain { Lane: { IsHeld: true } held }:
                OfferNow(held);
                break;
            case OfferAgain:
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
        for (var i = 0; i < MostAtOnce; i++)
        {
            if (buffer.Inbox.TryTake(out var message, out var sender))
            {
                lanes.Current = ((IEnqueueCommand)message, sender);
                Gather(lanes.Current.Command, sender);
            }
            else if (buffer.Inbox.Rest())
                return;
        }
        Self.Tell(MessageQueue.Filled.Instance, ActorRefs.NoSender);
    }

    void Gather(IEnqueueCommand command, IActorRef sender)
    {
        lanes.HeldCount = command.Count;
        var lane = lanes.Of(command.Target);
        if (buffer.Share.IsOver(lane, command.Count))
        {
            lanes.HeldCount = 0;
            buffer.Gate.Release(command.Count);
            buffer.RefuseOverfull(Context.System, command, sender, EnqueueReplies.Overfull(lane));
            CountShare(lane);
            return;
        }
        if (AskerFor(lane, command, sender, out var asker))
        {
            if (command is Enqueue one)
                lane.Open.Add(one.Record, asker);
            else
                lane.Open.Add(((EnqueueBatch)command).Records.Span, asker);
        }
        Added(lane, asker);
        CountShare(lane);
    }

    void CountShare(BufferActorLane lane)
    {
        buffer.Share.Count(lane);
        buffer.SetOverfull(lane, buffer.Share.IsOver(lane, 1));
    }

    // What was gathered is in the buffer, not in this actor: the next incarnation goes on with it.
    protected override void PreRestart(Exception reason, object? message)
    {
        BufferLog.ActorRestarted(
            Context.GetLogger(),
            Self,
            lanes.HeldCount > 0 ? lanes.Current.Command : message,
            reason
        );
        Self.Tell(MessageQueue.Filled.Instance, ActorRefs.NoSender);
        if (lanes.HeldCount == 0)
            return;
        var (command, sender) = lanes.Current;
        if (EnqueueReplies.IsWanted(command, sender))
        {
            buffer.Left(lanes.HeldCount);
            sender.Reply(Problems.Of(reason).About(command), Self);
        }
        else
            Lose(lanes.HeldCount, command, $"the actor failed: {reason.Message}");
        lanes.HeldCount = 0;
    }

    // The timers are gone with the last incarnation, and with them perhaps what it was about to do.
    protected override void PostRestart(Exception reason) => GoOn(reason.Message);

    // Created for the first time, or after a stop: in that case the replies to its passes went to the stopped actor.
    protected override void PreStart()
    {
        GoOn("the buffer actor was stopped and is there again");
        LookAtPasses();
    }

    void GoOn(string why)
    {
        foreach (var lane in lanes.All)
            CountShare(lane);
        if (lanes.OnTheirWay.Count > 0)
            LookLater();
        lanes.IsTicking = lanes.Listed.Count > 0;
        if (lanes.IsTicking)
            TickLater();
        foreach (var lane in lanes.All)
        {
            if (lane.IsHeld)
                OfferLater(lane);
            else if (lane.IsStranded)
                Hold(lane, EnqueueReplies.WaitsBehind(why));
        }
        SayIfDrained();
    }

    /// <summary>
    /// Finds the sender that must get a reply. Returns false when that sender was refused at once, because a record
    /// before its own was refused and is still waiting.
    /// </summary>
    bool AskerFor(BufferActorLane lane, IEnqueueCommand command, IActorRef sender, out IActorRef? asker)
    {
        asker = EnqueueReplies.IsWanted(command, sender) ? new ReplyAddress(sender, command) : null;
        if (asker is null || !lane.IsHeld)
            return true;
        asker.Tell(lane.Refusal, Self);
        buffer.Left(command.Count);
        asker = null;
        return false;
    }

    void Added(BufferActorLane lane, IActorRef? asker)
    {
        lanes.HeldCount = 0;
        if (lane.Open.Count >= buffer.Settings.BatchSize || asker is not null || lanes.Drainers.Count > 0)
        {
            lane.IsDue = true;
            Send(lane);
        }
        else
            List(lane);
    }

    void List(BufferActorLane lane)
    {
        if (lane.IsListed || lane.Open.IsEmpty)
            return;
        lane.IsListed = true;
        lanes.Listed.Add(lane);
        if (lanes.IsTicking)
            return;
        lanes.IsTicking = true;
        TickLater();
    }

    void TickLater() => Timers.StartSingleTimer(Tick.Instance, Tick.Instance, buffer.Settings.BatchAge);

    void SendListed()
    {
        foreach (var lane in lanes.Listed)
        {
            lane.IsListed = false;
            lane.IsDue = true;
            Send(lane);
        }
        lanes.Listed.Clear();
    }

    void Send(BufferActorLane lane)
    {
        if (lane.Next() is { } batch)
            Pass(lane, batch);
    }

    void Pass(BufferActorLane lane, BufferActorBatch batch)
    {
        lanes.Number(lane);
        SendPass(lane, batch);
        if (lanes.OnTheirWay.Count == 1)
            LookLater();
    }

    void SendPass(BufferActorLane lane, BufferActorBatch batch)
    {
        var target = lane.Target;
        int[] parts = [.. batch.Parts.Select(p => p.Count)];
        pipelines.Tell(
            new BufferPartsForStage(target.Pipeline, target.Stage, target.Source, batch.Records, parts, lane.Pass)
            {
                Ticket = lane.Ticket,
            },
            Self
        );
    }

    void DrainFor(IActorRef drainer)
    {
        lanes.Drainers.Add(drainer);
        foreach (var lane in lanes.All)
        {
            List(lane);
            if (!lane.IsHeld)
                continue;
            Timers.Cancel(lane);
            lane.Refusals = 0; // who drains has no time for the longest waits
            OfferNow(lane);
        }
        SendListed();
        SayIfDrained();
    }

    void SayIfDrained()
    {
        if (lanes.Drainers.Count == 0 || buffer.Gate.Used > 0)
            return;
        foreach (var drainer in lanes.Drainers)
            drainer.Tell(new Drained(), Self);
        lanes.Drainers.Clear();
    }
}
