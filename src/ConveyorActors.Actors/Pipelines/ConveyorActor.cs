using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// What the actors of a pipeline have in common: they are shells. What must outlive a crash is in the engine and in the books that their props carry, so a
/// restarted actor goes on where the crashed one stopped; whoever asked for what it crashed on is told.
/// </summary>
abstract class ConveyorActor : UntypedActor
{
    protected sealed override void OnReceive(object message)
    {
        try
        {
            if (!Handle(message)) Unhandled(message);
        }
        catch (Exception wrong) when (Problems.IsExpected(wrong))
        {
            Reply(message, Problems.Of(wrong));
        }
    }

    /// <summary>Works on a message. Answers false when it is none for this actor.</summary>
    protected abstract bool Handle(object message);

    // The children are not stopped, and nothing is closed: this actor goes on.
    protected override void PreRestart(Exception reason, object? message)
    {
        BufferLog.ActorRestarted(Context.GetLogger(), Self, message, reason);
        if (message is IConveyorMessage) Reply(message, Problems.OfCrash(reason));
    }

    protected override void PostRestart(Exception reason) { }

    protected override SupervisorStrategy SupervisorStrategy() => Supervision.RestartAlways;

    /// <summary>Tells whoever sent a message what became of it, now or when it is known.</summary>
    protected void Answer<T>(object command, ValueTask<T> working, Func<T, IConveyorReply> shape)
    {
        if (working.IsCompletedSuccessfully) Sender.Reply(Shaped(command, shape(working.Result)), Self);
        else _ = TellAsync(command, working, shape, Sender, Self);

        static async Task TellAsync(object command, ValueTask<T> working, Func<T, IConveyorReply> shape, IActorRef asker, IActorRef self)
        {
            IConveyorReply reply;
            try { reply = shape(await working.ConfigureAwait(false)); }
            catch (Exception wrong) { reply = Problems.Of(wrong); }
            asker.Reply(Shaped(command, reply), self);
        }
    }

    void Reply(object command, Failed failed)
    {
        if (!Sender.IsNobody()) Sender.Reply(Shaped(command, failed), Self);
    }

    /// <summary>A reply names its command. A core buffer knows its passes by number.</summary>
    static IConveyorReply Shaped(object command, IConveyorReply reply) =>
        command is BufferPartsForStage parts && reply is Failed failed ? new PartsOffered(parts.Pass, [], failed) : reply.About(command);
}
