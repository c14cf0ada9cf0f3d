using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The base class of the actors of a pipeline. They keep no state of their own: all state that must outlive a crash or
/// a stop is in the engine and in the registries that their props carry. So a restarted actor, or the successor of a
/// stopped one, continues where the last one ended. The sender of the command that caused a crash gets a reply.
/// </summary>
abstract class ConveyorActor : UntypedActor
{
    const int MaxAtOnce = 100;

    object? current;
    IActorRef? sender;

    /// <summary>Gets the queue of messages that must survive a stop of the actor; null: there is none.</summary>
    protected virtual MessageQueue? Inbox => null;

    /// <summary>Gets the count of commands that have no reply yet; null: they are not counted.</summary>
    protected virtual WorkCount? UnderWay => null;

    /// <summary>Gets the sender of the message that is being processed.</summary>
    protected new IActorRef Sender => sender ?? base.Sender;

    protected sealed override void OnReceive(object message)
    {
        switch (message)
        {
            case Delivery delivery:
                if (delivery.TryTake(out var taken))
                    HandleMessage(taken);
                break;
            case MessageQueue.Filled when Inbox is { } inbox:
                ReadInbox(inbox);
                break;
            default:
                HandleMessage(message);
                break;
        }
    }

    void ReadInbox(MessageQueue inbox)
    {
        for (var i = 0; i < MaxAtOnce; i++)
        {
            if (inbox.TryTake(out var message, out var from))
            {
                sender = from;
                HandleMessage(message);
                sender = null;
            }
            else if (inbox.TrySleep())
                return;
        }
        Self.Tell(MessageQueue.Filled.Instance, ActorRefs.NoSender);
    }

    /// <summary>Handles a message that was sent to another actor, which did not read it.</summary>
    protected void HandleFrom(IActorRef from, object message)
    {
        var (before, beforeThat) = (sender, current);
        sender = from;
        HandleMessage(message);
        (sender, current) = (before, beforeThat);
    }

    void HandleMessage(object message)
    {
        current = message;
        try
        {
            if (!Handle(message))
                Unhandled(message);
        }
        catch (Exception wrong) when (Problems.IsExpected(wrong))
        {
            Reply(message, Problems.FromException(wrong));
        }
        current = null;
    }

    /// <summary>Handles a message. Returns false if the actor does not handle messages of this kind.</summary>
    protected abstract bool Handle(object message);

    // A restart neither stops the children nor closes anything: this actor continues.
    protected override void PreRestart(Exception reason, object? message)
    {
        var failed = current ?? message;
        BufferLog.LogActorRestarted(Context.GetLogger(), Self, failed, reason);
        if (failed is IConveyorMessage command)
            Reply(command, Problems.FromCrash(reason));
        if (Inbox is not null)
            Self.Tell(MessageQueue.Filled.Instance, ActorRefs.NoSender);
    }

    /// <summary>Gets the message on which the actor failed, without its envelope.</summary>
    protected object? Current => current;

    protected override void PostRestart(Exception reason) { }

    protected override SupervisorStrategy SupervisorStrategy() => Supervision.RestartAlways;

    /// <summary>Replies to the sender of a command with its result, now or when the result is available.</summary>
    protected void ReplyWhenDone<T>(object command, ValueTask<T> working, Func<T, IConveyorReply> shape)
    {
        if (working.IsCompletedSuccessfully)
            Sender.Reply(Problems.AddReference(command, shape(working.Result)), Self);
        else
        {
            UnderWay?.Begin();
            _ = ReplyAsync(command, working, shape, Sender, Self, UnderWay);
        }

        static async Task ReplyAsync(
            object command,
            ValueTask<T> working,
            Func<T, IConveyorReply> shape,
            IActorRef replyTo,
            IActorRef self,
            WorkCount? underWay
        )
        {
            IConveyorReply reply;
            try
            {
                reply = shape(await working.ConfigureAwait(false));
            }
            catch (Exception wrong)
            {
                reply = Problems.FromException(wrong);
            }
            replyTo.Reply(Problems.AddReference(command, reply), self);
            underWay?.End();
        }
    }

    void Reply(object command, Failed failed)
    {
        if (!Sender.IsNobody())
            Sender.Reply(Problems.AddReference(command, failed), Self);
    }
}
