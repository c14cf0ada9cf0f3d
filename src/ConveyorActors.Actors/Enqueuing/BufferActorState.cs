using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// The state of one buffer actor, which outlives restarts of the actor: its room, and the records that it has gathered
/// for each target.
/// </summary>
sealed class BufferActorState(int core, BufferActorSettings settings)
{
    public int Core { get; } = core;

    public BufferActorSettings Settings { get; } = settings;

    public BufferActorGate Gate { get; } = new(settings.Capacity);

    /// <summary>
    /// Gets or sets the actor. Set by its parent when the actor was created, and again after it was stopped and
    /// recreated.
    /// </summary>
    public IActorRef Actor
    {
        get => Volatile.Read(ref actor);
        set
        {
            Volatile.Write(ref actor, value);
            Inbox.ReadBy(value);
        }
    }

    /// <summary>
    /// Gets the messages that the actor has not read yet. They are kept outside its mailbox, so that a stop of the
    /// actor neither loses nor reorders them.
    /// </summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Gets the state that only the actor uses.</summary>
    public BufferActorLanes Lanes { get; } = new();

    /// <summary>Gets the limiter of log entries about a full buffer.</summary>
    public LogLimiter FullLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>Gets the limiter of log entries about a stage that refuses the buffer's records.</summary>
    public LogLimiter HeldLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>Gets the limiter of log entries about lost records.</summary>
    public LogLimiter LostLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>Gets the shares of each pipeline and target. Used by the actor alone.</summary>
    public BufferActorShare Share { get; } = new(settings.Capacity, settings.Share);

    /// <summary>
    /// Returns the refusal of a target that has used up its share although the buffer has room; null: it has not. Safe
    /// for use by many threads.
    /// </summary>
    public EnqueueResult? FindOverfullRefusal(BufferTarget target) =>
        Volatile.Read(ref overfullCount) > 0 && overfull.TryGetValue(target, out var why) ? why : null;

    /// <summary>Updates the records that a lane counts against its share. Used by the actor alone.</summary>
    public void UpdateShare(BufferActorLane lane)
    {
        Share.UpdateCount(lane);
        SetOverfull(lane, Share.IsOver(lane, 1));
    }

    void SetOverfull(BufferActorLane lane, bool isOverfull)
    {
        if (isOverfull)
            overfull[lane.Target] = EnqueueReplies.CreateOverfull(lane);
        else if (lane.IsOverfull)
            overfull.TryRemove(lane.Target, out _);
        if (isOverfull == lane.IsOverfull)
            return;
        lane.IsOverfull = isOverfull;
        Interlocked.Add(ref overfullCount, isOverfull ? 1 : -1);
    }

    /// <summary>
    /// Refuses records above their target's share. A sender that wants a reply gets one; other records are published as
    /// dropped, with their target.
    /// </summary>
    public void RefuseOverfull(ActorSystem system, IEnqueueCommand command, IActorRef? sender, EnqueueResult why)
    {
        Gate.CountRefused(command.Count);
        if (EnqueueReplies.IsExpected(command, sender))
            sender!.Reply(why.WithReference(command), Actor);
        else
        {
            system.EventStream.Publish(
                new Akka.Event.Dropped(
                    command,
                    FormattableString.Invariant(
                        $"{command.Target} has its share of the buffer actor (conveyor.buffer-actors.share = {Settings.Share}) and accepts no more: {why.Status}"
                    ),
                    sender ?? ActorRefs.NoSender,
                    Actor
                )
            );
        }
    }

    IActorRef actor = ActorRefs.Nobody;
    readonly System.Collections.Concurrent.ConcurrentDictionary<BufferTarget, EnqueueResult> overfull = [];
    int overfullCount;
    ActorSystem? closedIn;
    long passedOn,
        lost;

    /// <summary>Gets the number of records so far that a stage has taken, or whose sender got a reply.</summary>
    public long PassedOn => Interlocked.Read(ref passedOn);

    /// <summary>
    /// Gets the number of fire-and-forget records so far that no stage will ever take: too large, or the pipeline has
    /// stopped.
    /// </summary>
    public long Lost => Interlocked.Read(ref lost);

    /// <summary>Counts records as having left the buffer.</summary>
    public void RecordLeft(int records, bool lost = false)
    {
        Interlocked.Add(ref lost ? ref this.lost : ref passedOn, records);
        Gate.Release(records);
    }

    /// <summary>Accepts a message, on the sender's thread.</summary>
    public void Enter(IEnqueueCommand command, IActorRef sender)
    {
        Inbox.Post(command, sender);
        if (Volatile.Read(ref closedIn) is { } system)
            RefuseUnread(system); // the message reserved its room just before the end
    }

    /// <summary>
    /// Refuses all held records, because no actor will pass them on. Senders that wait for a reply get one;
    /// the other records are counted and published as lost.
    /// </summary>
    public void Close(ActorSystem system)
    {
        Gate.Close();
        Interlocked.Exchange(ref closedIn, system);
        RefuseUnread(system);
        foreach (var lane in Lanes.All)
        {
            foreach (var batch in (BufferActorBatch?[])[lane.Out, lane.Open])
            {
                batch?.TakeExpectingReply(
                    (replyTo, count) =>
                    {
                        RecordLeft(count, lost: true);
                        replyTo.Tell(EnqueueReplies.Stopping, ActorRefs.NoSender);
                    }
                );
                if (batch is { Count: > 0 } rest)
                    Lose(system, rest.Count, lane.Target);
                batch?.Clear();
            }
        }
    }

    void RefuseUnread(ActorSystem system)
    {
        while (Inbox.TryTake(out var message, out var sender))
            Refuse(system, (IEnqueueCommand)message, sender);
    }

    void Refuse(ActorSystem system, IEnqueueCommand command, IActorRef sender)
    {
        if (!EnqueueReplies.IsExpected(command, sender))
            Lose(system, command.Count, command);
        else
        {
            RecordLeft(command.Count, lost: true);
            sender.Reply(EnqueueReplies.Stopping.WithReference(command), ActorRefs.NoSender);
        }
    }

    void Lose(ActorSystem system, int records, object what)
    {
        RecordLeft(records, lost: true);
        system.EventStream.Publish(
            new Akka.Event.Dropped(
                what,
                $"{records} {(records == 1 ? "record" : "records")} lost: the buffer actors have stopped",
                Actor,
                Actor
            )
        );
    }

    public BufferActorSnapshot GetSnapshot() => new(Core, Gate.Capacity, Gate.Used, PassedOn, Gate.Refused, Lost);
}
