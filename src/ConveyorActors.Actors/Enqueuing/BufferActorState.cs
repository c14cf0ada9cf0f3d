using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// What one buffer actor holds, outliving restarts of its actor: its room, and the records it has gathered for each
/// target.
/// </summary>
sealed class BufferActorState(int core, BufferActorSettings settings)
{
    public int Core { get; } = core;

    public BufferActorSettings Settings { get; } = settings;

    public BufferActorGate Gate { get; } = new(settings.Capacity);

    /// <summary>The actor. Set by its parent when it was created, and again when it had been stopped.</summary>
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
    /// The enqueued messages that the actor has not read yet. They are in no mailbox, so that a stop of the actor
    /// neither loses nor reorders them.
    /// </summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Gets what the actor alone uses.</summary>
    public BufferActorLanes Lanes { get; } = new();

    /// <summary>Limits how often it is logged that the buffer is full.</summary>
    public LogLimiter FullLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>Limits how often it is logged that a stage refuses the buffer's records.</summary>
    public LogLimiter HeldLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>Limits how often it is logged that records are lost.</summary>
    public LogLimiter LostLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>The shares of each pipeline and target. Used by the actor alone.</summary>
    public BufferActorShare Share { get; } = new(settings.Capacity, settings.Share);

    /// <summary>
    /// Returns the refusal of a target that has used up its share although the buffer has room; null: it has not. Safe
    /// for any thread.
    /// </summary>
    public EnqueueResult? WhyOverfull(BufferTarget target) =>
        Volatile.Read(ref overfullCount) > 0 && overfull.TryGetValue(target, out var why) ? why : null;

    /// <summary>Counts what a lane holds against its share. Used by the actor alone.</summary>
    public void CountShare(BufferActorLane lane)
    {
        Share.Count(lane);
        SetOverfull(lane, Share.IsOver(lane, 1));
    }

    void SetOverfull(BufferActorLane lane, bool isOverfull)
    {
        if (isOverfull)
            overfull[lane.Target] = EnqueueReplies.Overfull(lane);
        else if (lane.IsOverfull)
            overfull.TryRemove(lane.Target, out _);
        if (isOverfull == lane.IsOverfull)
            return;
        lane.IsOverfull = isOverfull;
        Interlocked.Add(ref overfullCount, isOverfull ? 1 : -1);
    }

    /// <summary>
    /// Refuses records above their target's share: a sender that asked gets a reply, and other records are published as
    /// dropped, with their target.
    /// </summary>
    public void RefuseOverfull(ActorSystem system, IEnqueueCommand command, IActorRef? sender, EnqueueResult why)
    {
        Gate.CountRefused(command.Count);
        if (EnqueueReplies.IsWanted(command, sender))
            sender!.Reply(why.About(command), Actor);
        else
        {
            system.EventStream.Publish(
                new Akka.Event.Dropped(
                    command,
                    FormattableString.Invariant(
                        $"{command.Target} has its share of the buffer actor (conveyor.buffer-actors.share = {Settings.Share}) and takes no more: {why.Status}"
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

    /// <summary>Records that a stage has taken, or answered for.</summary>
    public long PassedOn => Interlocked.Read(ref passedOn);

    /// <summary>
    /// Records of fire-and-forget senders that no stage will ever take: too large, or the pipeline has stopped.
    /// </summary>
    public long Lost => Interlocked.Read(ref lost);

    /// <summary>Records left the buffer.</summary>
    public void Left(int records, bool lost = false)
    {
        Interlocked.Add(ref lost ? ref this.lost : ref passedOn, records);
        Gate.Release(records);
    }

    /// <summary>Takes a message in, on the sender's thread.</summary>
    public void Enter(IEnqueueCommand command, IActorRef sender)
    {
        Inbox.Post(command, sender);
        if (Volatile.Read(ref closedIn) is { } system)
            RefuseUnread(system); // the message took its room just before the end
    }

    /// <summary>
    /// No actor will pass on the held records any more: senders that await a reply get one, and the other records are
    /// counted and published as lost.
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
                batch?.TakeAsked(
                    (asker, count) =>
                    {
                        asker.Tell(EnqueueReplies.Stopping, ActorRefs.NoSender);
                        Left(count, lost: true);
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
        if (!EnqueueReplies.IsWanted(command, sender))
            Lose(system, command.Count, command);
        else
        {
            sender.Reply(EnqueueReplies.Stopping.About(command), ActorRefs.NoSender);
            Left(command.Count, lost: true);
        }
    }

    void Lose(ActorSystem system, int records, object what)
    {
        Left(records, lost: true);
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
