using System.Diagnostics.CodeAnalysis;
using Akka.Event;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// A message from a supervisor to its child that is read once, by the child or by its successor. The supervisor keeps
/// it until it is read, and sends it again if it was lost with a stopped child's mailbox; so it is no dead letter.
/// </summary>
sealed class Delivery(object message, IActorRef sender) : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    object? message = message;

    public IActorRef Sender { get; } = sender;

    public bool IsTaken => Volatile.Read(ref message) is null;

    public bool TryTake([NotNullWhen(true)] out object? taken) =>
        (taken = Interlocked.Exchange(ref message, null)) is not null;
}
