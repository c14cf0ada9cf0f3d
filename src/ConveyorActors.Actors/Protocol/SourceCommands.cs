using Akka.Event;

namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Asks for room. Answered with <see cref="Granted"/>: at once, perhaps with none, or when there is some if
/// <paramref name="WaitForRoom"/> is set.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">Where.</param>
/// <param name="Source">Who will offer.</param>
/// <param name="Records">How many; fewer may be granted. From 1.</param>
/// <param name="TimeToLive">How long what is not used stays reserved. From 1 ms.</param>
/// <param name="BytesPerRecord">Where bytes are bounded: the room kept for each record.</param>
/// <param name="WaitForRoom">Answer only when there is room for a record at least, or the pipeline stops.</param>
public sealed record RequestCredits(
    string Pipeline,
    string Stage,
    string Source,
    int Records,
    TimeSpan TimeToLive,
    int BytesPerRecord = 0,
    bool WaitForRoom = false
) : ConveyorCommand, ISourceCommand, IWaitingCommand
{
    /// <inheritdoc/>
    public Guid Wait { get; init; }

    /// <inheritdoc/>
    public IActorRef? Owner { get; init; }
}

/// <summary>Gives back what is left of a grant. Answered with <see cref="Count"/>.</summary>
public sealed record GiveBackCredits(string Pipeline, CreditGrant Grant) : ConveyorCommand, ISourceCommand
{
    /// <inheritdoc/>
    // a command without a grant is refused where it is received, and can be printed before
    public string Source => Grant?.SourceId!;
}

/// <summary>
/// Asks for the least of the free room of manager and source, and of the stage when named. Answered with
/// <see cref="Count"/>.
/// </summary>
public sealed record GetAvailableCredits(string Pipeline, string? Stage, string Source)
    : ConveyorCommand,
        ISourceCommand;

/// <summary>Asks what the source should do now. Answered with <see cref="SignalIs"/>.</summary>
public sealed record GetSignal(string Pipeline, string Source) : ConveyorCommand, ISourceCommand;

/// <summary>Asks why the source is held. Answered with <see cref="Explained"/>.</summary>
public sealed record Explain(string Pipeline, string Source) : ConveyorCommand, ISourceCommand;

/// <summary>
/// Sends the subscriber a <see cref="SignalChanged"/> with the signal now, and one for every change, in order, until it
/// unsubscribes or dies. When the pipeline stops it gets <see cref="SignalsEnded"/>. Subscribing twice is subscribing
/// once.
/// </summary>
public sealed record SubscribeSignals(string Pipeline, string Source, IActorRef Subscriber)
    : ConveyorCommand,
        ISourceCommand;

/// <summary>Ends a subscription. No answer.</summary>
public sealed record UnsubscribeSignals(string Pipeline, string Source, IActorRef Subscriber)
    : ConveyorCommand,
        ISourceCommand,
        IDeadLetterSuppression;

/// <summary>A source's signal, to its subscribers.</summary>
public sealed record SignalChanged(string Pipeline, string Source, BackpressureSignal Signal)
    : ConveyorReply,
        IDeadLetterSuppression;

/// <summary>The pipeline has stopped: no signal will follow.</summary>
public sealed record SignalsEnded(string Pipeline, string Source) : ConveyorReply, IDeadLetterSuppression;
