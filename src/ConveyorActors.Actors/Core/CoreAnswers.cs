using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

static class CoreAnswers
{
    /// <summary>True when the sender said so, or asks (<c>Ask</c>).</summary>
    public static bool IsWanted(ICoreCommand command, IActorRef? sender) =>
        sender is not null && (command.WantsAnswer ? !sender.IsNobody() : Owners.IsAsker(sender));

    /// <summary>The core buffers take nothing more.</summary>
    public static EnqueueResult Stopping { get; } = new(EnqueueOutcome.Stopping, 0, 0, BackpressureSignal.None, 0);

    /// <summary>The result for a sender whose target has used up its share of the core buffer: the stage's last status, or StageFull if there is none.</summary>
    public static EnqueueResult Overfull(CoreLane lane) => lane.Refusal as EnqueueResult ?? new(EnqueueOutcome.StageFull, 0, 0, BackpressureSignal.None, 0);

    public static string Reason(IConveyorReply why) => why switch
    {
        EnqueueResult { Status: EnqueueOutcome.BufferFull } => "the core buffer is full",
        EnqueueResult { Status: EnqueueOutcome.Stopping } => "the core buffers are stopping",
        EnqueueResult result => $"the stage answered {result.Status}",
        Failed failed => failed.Message,
        _ => why.ToString()!,
    };

    /// <summary>What became of a part of a pass, in the terms of whoever enqueued it.</summary>
    public static EnqueueResult Of(OfferResult result)
    {
        var outcome = result.Status switch
        {
            OfferStatus.Accepted => EnqueueOutcome.Accepted,
            OfferStatus.StageFull => EnqueueOutcome.StageFull,
            OfferStatus.SourceFull => EnqueueOutcome.SourceFull,
            OfferStatus.GlobalFull => EnqueueOutcome.GlobalFull,
            OfferStatus.TooLarge => EnqueueOutcome.TooLarge,
            OfferStatus.Duplicate => EnqueueOutcome.Duplicate,
            OfferStatus.Draining => EnqueueOutcome.Draining,
            OfferStatus.Dropped => EnqueueOutcome.Dropped,
            OfferStatus.StoreFailing => EnqueueOutcome.StoreFailing,
            OfferStatus.Held => EnqueueOutcome.Held,
            OfferStatus.BudgetFull => EnqueueOutcome.BudgetFull,
            _ => throw new InvalidOperationException($"An offer answered {result.Status}, which a core buffer does not know."),
        };
        return new(outcome, result.Accepted, result.Consumed, result.Signal, result.Credits);
    }

    /// <summary>For who comes behind what could not be offered: of the own records none was.</summary>
    public static Failed WaitsBehind(string why) => new(Problem.NotNow, $"Nothing was offered; what was enqueued before waits to be offered again: {why}");
}
