using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Messages for an actor, in a queue that outlives it: what an actor had not read when it was stopped, its successor
/// reads, in order. Senders are any threads; one actor reads at a time.
/// </summary>
sealed class MessageQueue
{
    readonly ConcurrentQueue<(object Message, IActorRef Sender)> unread = new();
    IActorRef reader = ActorRefs.Nobody;
    int isAwake;

    /// <summary>
    /// Tells the reader that there is something to read. It is no loss when it is lost: the next reader looks by
    /// itself.
    /// </summary>
    public sealed record Filled : INoSerializationVerificationNeeded, Akka.Event.IDeadLetterSuppression
    {
        public static Filled Instance { get; } = new();
    }

    /// <summary>Adds a message, and wakes the reader when it rests.</summary>
    public void Post(object message, IActorRef? sender)
    {
        unread.Enqueue((message, sender ?? ActorRefs.Nobody));
        Interlocked.MemoryBarrier(); // the message is there before anybody looks whether the reader rests
        if (Volatile.Read(ref isAwake) == 0 && Interlocked.Exchange(ref isAwake, 1) == 0)
            Volatile.Read(ref reader).Tell(Filled.Instance, ActorRefs.NoSender);
    }

    /// <summary>From now on this actor reads. It is woken, whatever its predecessor did not get to.</summary>
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
    /// The reader found nothing more. Returns false when something has come meanwhile and it must go on.
    /// </summary>
    public bool Rest()
    {
        Interlocked.Exchange(ref isAwake, 0);
        return unread.IsEmpty || Interlocked.Exchange(ref isAwake, 1) == 1;
    }
}
