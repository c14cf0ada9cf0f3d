using Akka.Event;

namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Asks for credits. The reply is <see cref="Granted"/>: at once, perhaps with no credits; or, if
/// <paramref name="WaitForRoom"/> is set, when there is room.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage to offer to.</param>
/// <param name="Source">The source that will offer.</param>
/// <param name="Records">The number of records; fewer may be granted. From 1.</param>
/// <param name="TimeToLive">How long unused room stays reserved. From 1 ms.</param>
/// <param name="BytesPerRecord">The bytes reserved for each record, where bytes are bounded.</param>
/// <param name="WaitForRoom">
/// Whether to reply only when there is room for at least one record, or the pipeline stops.
/// </param>
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

/// <summary>Gives back the unused credits of a grant. The reply is <see cref="Count"/>.</summary>
public sealed record GiveBackCredits(string Pipeline, CreditGrant Grant) : ConveyorCommand, ISourceCommand
{
    /// <inheritdoc/>
    // A command without a grant is refused where it is received, and may be printed before that.
    public string Source => Grant?.SourceId!;
}

/// <summary>
/// Asks for the smallest of the free room of manager and source, and of the stage if it is named. The reply is
/// <see cref="Count"/>.
/// </summary>
public sealed record GetAvailableCredits(string Pipeline, string? Stage, string Source)
    : ConveyorCommand,
        ISourceCommand;

/// <summary>Asks for the signal that the source should follow now. The reply is <see cref="SignalIs"/>.</summary>
public sealed record GetSignal(string Pipeline, string Source) : ConveyorCommand, ISourceCommand;

/// <summary>Asks for the reasons why the source is held. The reply is <see cref="Explained"/>.</summary>
public sealed record Explain(string Pipeline, string Source) : ConveyorCommand, ISourceCommand;

/// <summary>
/// Subscribes to a source's signals. The subscriber gets <see cref="SignalChanged"/> with the current signal, and
/// another one for every change, in order, until it unsubscribes or dies. When the pipeline stops, it gets
/// <see cref="SignalsEnded"/>. Subscribing twice has the effect of subscribing once.
/// </summary>
public sealed record SubscribeSignals(string Pipeline, string Source, IActorRef Subscriber)
    : ConveyorCommand,
        ISourceCommand;

/// <summary>Ends a subscription. There is no reply.</summary>
public sealed record UnsubscribeSignals(string Pipeline, string Source, IActorRef Subscriber)
    : ConveyorCommand,
        ISourceCommand,
        IDeadLetterSuppression;

/// <summary>Notifies a subscriber of a source's signal.</summary>
public sealed record SignalChanged(string Pipeline, string Source, BackpressureSignal Signal)
    : ConveyorReply,
        IDeadLetterSuppression;

/// <summary>Notifies a subscriber that the pipeline has stopped: no signal will follow.</summary>
public sealed record SignalsEnded(string Pipeline, string Source) : ConveyorReply, IDeadLetterSuppression;
