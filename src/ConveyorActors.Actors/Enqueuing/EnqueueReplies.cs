using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

static class EnqueueReplies
{
    /// <summary>Returns whether the sender gets a reply: the command requests it, or it was sent by <c>Ask</c>.</summary>
    public static bool IsExpected(IEnqueueCommand command, IActorRef? sender) =>
        sender is not null && (command.ExpectsReply ? !sender.IsNobody() : WaitOwners.IsAsker(sender));

    /// <summary>Gets the reply of buffer actors that accept nothing more.</summary>
    public static EnqueueResult Stopping { get; } = new(EnqueueOutcome.Stopping, 0, 0, BackpressureSignal.None, 0);

    /// <summary>
    /// Returns the result for a sender whose target has used up its share of the buffer actor: the stage's last status,
    /// or StageFull if there is none.
    /// </summary>
    public static EnqueueResult CreateOverfull(BufferActorLane lane) =>
        lane.Refusal as EnqueueResult ?? new(EnqueueOutcome.StageFull, 0, 0, BackpressureSignal.None, 0);

    public static string DescribeReason(IConveyorReply why) =>
        why switch
        {
            EnqueueResult { Status: EnqueueOutcome.BufferFull } => "the buffer actor is full",
            EnqueueResult { Status: EnqueueOutcome.Stopping } => "the buffer actors are stopping",
            EnqueueResult result => $"the stage replied {result.Status}",
            Failed failed => failed.Message,
            _ => why.ToString()!,
        };

    /// <summary>Returns the result of a part of a batch, as the sender of <c>Enqueue</c> gets it.</summary>
    public static EnqueueResult FromOffer(OfferResult result)
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
            _ => throw new InvalidOperationException(
                $"An offer returned {result.Status}, which a buffer actor does not know."
            ),
        };
        return new(outcome, result.Accepted, result.Consumed, result.Signal, result.Credits);
    }

    /// <summary>
    /// Returns the reply to a sender whose records come behind records that could not be offered: none of its records
    /// was offered.
    /// </summary>
    public static Failed CreateNotOffered(string why) =>
        new(Problem.NotNow, $"Nothing was offered; what was enqueued before waits to be offered again: {why}");
}
