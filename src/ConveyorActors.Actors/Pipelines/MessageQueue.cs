using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// A queue of messages for an actor that outlives the actor: its successor reads, in order, the messages that a stopped
/// actor had not read. Any thread may send; one actor reads at a time.
/// </summary>
sealed class MessageQueue
{
    readonly ConcurrentQueue<(object Message, IActorRef Sender)> unread = new();
    IActorRef reader = ActorRefs.Nobody;
    int isAwake;

    /// <summary>
    /// Notifies the reader that there are messages. The notification may be lost, because a new reader checks the queue
    /// by itself.
    /// </summary>
    public sealed record Filled : INoSerializationVerificationNeeded, Akka.Event.IDeadLetterSuppression
    {
        public static Filled Instance { get; } = new();
    }

    /// <summary>Adds a message, and wakes the reader if it rests.</summary>
    public void Post(object message, IActorRef? sender)
    {
        unread.Enqueue((message, sender ?? ActorRefs.Nobody));
        Interlocked.MemoryBarrier(); // the message is visible before the check whether the reader rests
        if (Volatile.Read(ref isAwake) == 0 && Interlocked.Exchange(ref isAwake, 1) == 0)
            Volatile.Read(ref reader).Tell(Filled.Instance, ActorRefs.NoSender);
    }

    /// <summary>Makes an actor the reader, and wakes it for the messages that its predecessor has not read.</summary>
    public void ReadBy(IActorRef actor)
    {
        Interlocked.Exchange(ref reader, actor);
        Interlocked.Exchange(ref isAwake, 1);
        actor.Tell(Filled.Instance, ActorRefs.NoSender);
    }

    public bool TryTake([NotNullWhen(true)] out object? message, out IActorRef sender)
    {
        var found = unread.TryDequeue(out var next);
        (message, sender) = next;
        return found;
    }

    /// <summary>
    /// Ends a reader's run over an empty queue. Returns false if messages have arrived meanwhile and the reader must
    /// continue.
    /// </summary>
    public bool TrySleep()
    {
        Interlocked.Exchange(ref isAwake, 0);
        return unread.IsEmpty || Interlocked.Exchange(ref isAwake, 1) == 1;
    }
}
