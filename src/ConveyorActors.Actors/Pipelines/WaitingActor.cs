using Akka.Event;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>The base of actors whose commands may wait for records or for room.</summary>
abstract class WaitingActor(PipelineContext shared, PendingWaits waits) : ConveyorActor, IWithTimers
{
    public ITimerScheduler Timers { get; set; } = null!;

    protected PipelineContext Shared { get; } = shared;

    protected sealed override MessageQueue Inbox => waits.Inbox;

    protected sealed override WorkCount? UnderWay => Shared.UnderWay;

    /// <summary>Sent by the actor to itself when a wait is over.</summary>
    sealed record WaitEnded(
        Guid Wait,
        IWaitingCommand Command,
        IActorRef ReplyTo,
        IActorRef? Owner,
        IConveyorReply Reply
    ) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Starts an operation that may have to wait, and replies when it is over. A wait ends early by
    /// <see cref="CancelWait"/> or by its owner's death.
    /// </summary>
    protected void ReplyAfterWait<T>(
        IWaitingCommand command,
        Func<CancellationToken, ValueTask<T>> start,
        Func<T, IConveyorReply> shape
    )
    {
        var (wait, owner) = (
            command.Wait == Guid.Empty ? Guid.NewGuid() : command.Wait,
            WaitOwners.FindOwner(command, Sender)
        );
        var waiter = command.Owner ?? Sender;
        if (command.Wait != Guid.Empty && IsRepeat(command, waiter, owner))
            return;
        var cancellationToken = waits.Begin(wait, waiter, Sender, owner, command);
        ValueTask<T> working;
        try
        {
            working = start(cancellationToken);
        }
        catch
        {
            waits.End(wait);
            throw;
        }
        if (working.IsCompletedSuccessfully)
        {
            waits.End(wait);
            var reply = shape(working.Result).WithReference(command);
            StoreReply(command, owner, reply);
            SendReply(Sender, owner, reply);
            return;
        }
        // The actor of an Ask may end before the reply, which ends its wait. Its end after the reply does not affect
        // the lease.
        if (!waiter.IsNobody())
            Context.Watch(waiter);
        _ = PostEndAsync(wait, command, working, shape, Sender, owner, Inbox);
    }

    /// <summary>Posts the result of a wait to the actor.</summary>
    static async Task PostEndAsync<T>(
        Guid wait,
        IWaitingCommand command,
        ValueTask<T> working,
        Func<T, IConveyorReply> shape,
        IActorRef replyTo,
        IActorRef? owner,
        MessageQueue inbox
    )
    {
        IConveyorReply reply;
        try
        {
            reply = shape(await working.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            reply = new WaitCancelled(wait);
        }
        catch (Exception wrong)
        {
            reply = Problems.FromException(wrong);
        }
        inbox.Post(new WaitEnded(wait, command, replyTo, owner, reply.WithReference(command)), ActorRefs.NoSender);
    }

    /// <summary>
    /// Returns whether a command was sent again because its reply was lost or is late. Such a command changes nothing:
    /// it joins its wait, or gets the same reply.
    /// </summary>
    bool IsRepeat(IWaitingCommand command, IActorRef waiter, IActorRef? owner)
    {
        if (waits.TryJoin(command, waiter, Sender, owner))
        {
            if (!waiter.IsNobody())
                Context.Watch(waiter);
            return true;
        }
        if (waits.Recent.Find(command, owner, Shared.Clock.GetUtcNow()) is not { } known)
            return false;
        Sender.Reply(known.WithReference(command), Self);
        return true;
    }

    /// <summary>
    /// Stores a reply for commands that are sent again, unless the owner is the service of this node, which never sends
    /// a command again.
    /// </summary>
    void StoreReply(IWaitingCommand command, IActorRef? owner, IConveyorReply reply)
    {
        if (command.Wait != Guid.Empty && owner is not OwnerReference)
            waits.Recent.Add(command, owner, reply);
    }

    /// <summary>Sends the reply. Overrides first register what the reply grants.</summary>
    protected virtual void SendReply(IActorRef replyTo, IActorRef? owner, IConveyorReply reply) =>
        replyTo.Reply(reply, Self);

    /// <summary>
    /// Returns the grant of a wait that was given up, and returns the reply that the waiter gets instead.
    /// </summary>
    protected virtual IConveyorReply GiveBack(Guid wait, IConveyorReply got) => got;

    protected override bool Handle(object message)
    {
        switch (message)
        {
            case WaitEnded ended:
                var isAwaited = !waits.TakeGivenUp(ended.Wait);
                var joined = waits.TakeJoined(ended.Wait);
                waits.End(ended.Wait);
                var reply = isAwaited ? ended.Reply : GiveBack(ended.Wait, ended.Reply);
                StoreReply(ended.Command, ended.Owner, reply);
                SendReply(ended.ReplyTo, ended.Owner, reply);
                foreach (var (replyTo, command) in joined)
                    replyTo.Reply(reply.WithReference(command), Self);
                return true;
            case CancelWait cancel:
                waits.Cancel(cancel.Wait);
                return true;
            case Terminated dead:
                waits.CancelAllOf(dead.ActorRef);
                return true;
            case CheckIdle:
                if (!waits.WasUsed && IsIdle)
                    Context.Parent.Tell(new ChildIsIdle(), Self);
                waits.WasUsed = false;
                return true;
            case LeaveIfIdle:
                if (IsIdle)
                    Context.Stop(Self);
                else
                    Context.Parent.Tell(new ChildStays(), Self);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Gets whether there are no waits and there is no state to keep.</summary>
    protected abstract bool IsIdle { get; }

    protected override void PreStart()
    {
        waits.IsInUse = true;
        waits.Inbox.ReadBy(Self);
        StartIdleTimer();
    }

    protected override void PreRestart(Exception reason, object? message)
    {
        base.PreRestart(reason, message);
        if (Current is LeaveIfIdle)
            Context.Parent.Tell(new ChildStays(), Self); // messages that came since wait for this reply
        if (Current is WaitEnded ended)
            ended.ReplyTo.Reply(Problems.FromCrash(reason), Self);
    }

    // A restarted actor keeps its death watches; only its timers have ended.
    protected override void PostRestart(Exception reason) => StartIdleTimer();

    void StartIdleTimer()
    {
        if (Shared.IdleAfter is { } every)
            Timers.StartPeriodicTimer(CheckIdle.Instance, CheckIdle.Instance, every);
    }
}

/// <summary>Sent by a timer to check whether the actor is idle.</summary>
sealed record CheckIdle : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static CheckIdle Instance { get; } = new();
}

/// <summary>Notifies the parent that a child is idle and may be stopped.</summary>
sealed record ChildIsIdle : INoSerializationVerificationNeeded;

/// <summary>
/// Asks an actor that seemed idle to stop, if it still is. The actor either stops or replies with
/// <see cref="ChildStays"/>.
/// </summary>
sealed record LeaveIfIdle : INoSerializationVerificationNeeded
{
    public static LeaveIfIdle Instance { get; } = new();
}

/// <summary>
/// The reply to <see cref="LeaveIfIdle"/> of the actor of a stage or source that has work again, and stays.
/// </summary>
sealed record ChildStays : INoSerializationVerificationNeeded;
