using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Wire;

/// <summary>The maps of every enum that crosses the wire.</summary>
static class Enums
{
    public static readonly EnumMap<BackpressureKind, Proto.BackpressureKind> BackpressureKind = new(
        (Buffers.Flow.BackpressureKind.None, Proto.BackpressureKind.None),
        (Buffers.Flow.BackpressureKind.SlowDown, Proto.BackpressureKind.SlowDown),
        (Buffers.Flow.BackpressureKind.Pause, Proto.BackpressureKind.Pause)
    );

    public static readonly EnumMap<OfferStatus, Proto.OfferStatus> OfferStatus = new(
        (Buffers.OfferStatus.Accepted, Proto.OfferStatus.Accepted),
        (Buffers.OfferStatus.StageFull, Proto.OfferStatus.StageFull),
        (Buffers.OfferStatus.SourceFull, Proto.OfferStatus.SourceFull),
        (Buffers.OfferStatus.GlobalFull, Proto.OfferStatus.GlobalFull),
        (Buffers.OfferStatus.TooLarge, Proto.OfferStatus.TooLarge),
        (Buffers.OfferStatus.Duplicate, Proto.OfferStatus.Duplicate),
        (Buffers.OfferStatus.Draining, Proto.OfferStatus.Draining),
        (Buffers.OfferStatus.Dropped, Proto.OfferStatus.Dropped),
        (Buffers.OfferStatus.StoreFailing, Proto.OfferStatus.StoreFailing),
        (Buffers.OfferStatus.Held, Proto.OfferStatus.Held),
        (Buffers.OfferStatus.BudgetFull, Proto.OfferStatus.BudgetFull)
    );

    public static readonly EnumMap<EnqueueOutcome, Proto.EnqueueOutcome> EnqueueOutcome = new(
        (Protocol.EnqueueOutcome.Accepted, Proto.EnqueueOutcome.Accepted),
        (Protocol.EnqueueOutcome.StageFull, Proto.EnqueueOutcome.StageFull),
        (Protocol.EnqueueOutcome.SourceFull, Proto.EnqueueOutcome.SourceFull),
        (Protocol.EnqueueOutcome.GlobalFull, Proto.EnqueueOutcome.GlobalFull),
        (Protocol.EnqueueOutcome.TooLarge, Proto.EnqueueOutcome.TooLarge),
        (Protocol.EnqueueOutcome.Duplicate, Proto.EnqueueOutcome.Duplicate),
        (Protocol.EnqueueOutcome.Draining, Proto.EnqueueOutcome.Draining),
        (Protocol.EnqueueOutcome.Dropped, Proto.EnqueueOutcome.Dropped),
        (Protocol.EnqueueOutcome.BufferFull, Proto.EnqueueOutcome.BufferFull),
        (Protocol.EnqueueOutcome.Stopping, Proto.EnqueueOutcome.Stopping),
        (Protocol.EnqueueOutcome.StoreFailing, Proto.EnqueueOutcome.StoreFailing),
        (Protocol.EnqueueOutcome.Held, Proto.EnqueueOutcome.Held),
        (Protocol.EnqueueOutcome.BudgetFull, Proto.EnqueueOutcome.BudgetFull)
    );

    public static readonly EnumMap<SettleStatus, Proto.SettleStatus> SettleStatus = new(
        (Buffers.SettleStatus.Ok, Proto.SettleStatus.Ok),
        (Buffers.SettleStatus.LeaseExpired, Proto.SettleStatus.LeaseExpired),
        (Buffers.SettleStatus.UnknownLease, Proto.SettleStatus.UnknownLease)
    );

    public static readonly EnumMap<LossReason, Proto.LossReason> LossReason = new(
        (Buffers.LossReason.StageFull, Proto.LossReason.StageFull),
        (Buffers.LossReason.SourceFull, Proto.LossReason.SourceFull),
        (Buffers.LossReason.GlobalFull, Proto.LossReason.GlobalFull),
        (Buffers.LossReason.TooLarge, Proto.LossReason.TooLarge),
        (Buffers.LossReason.Duplicate, Proto.LossReason.Duplicate),
        (Buffers.LossReason.Draining, Proto.LossReason.Draining),
        (Buffers.LossReason.DroppedOldest, Proto.LossReason.DroppedOldest),
        (Buffers.LossReason.DroppedNewest, Proto.LossReason.DroppedNewest),
        (Buffers.LossReason.Expired, Proto.LossReason.Expired),
        (Buffers.LossReason.RetriesExhausted, Proto.LossReason.RetriesExhausted),
        (Buffers.LossReason.Rejected, Proto.LossReason.Rejected),
        (Buffers.LossReason.ResultTooLarge, Proto.LossReason.ResultTooLarge),
        (Buffers.LossReason.StoreFailing, Proto.LossReason.StoreFailing),
        (Buffers.LossReason.Damaged, Proto.LossReason.Damaged),
        (Buffers.LossReason.Held, Proto.LossReason.Held),
        (Buffers.LossReason.BudgetFull, Proto.LossReason.BudgetFull)
    );

    public static readonly EnumMap<FullMode, Proto.FullMode> FullMode = new(
        (Buffers.FullMode.Reject, Proto.FullMode.Reject),
        (Buffers.FullMode.Wait, Proto.FullMode.Wait),
        (Buffers.FullMode.DropOldest, Proto.FullMode.DropOldest),
        (Buffers.FullMode.DropNewest, Proto.FullMode.DropNewest)
    );

    public static readonly EnumMap<LeaseOrder, Proto.LeaseOrder> LeaseOrder = new(
        (Buffers.LeaseOrder.OneLeasePerSource, Proto.LeaseOrder.OneLeasePerSource),
        (Buffers.LeaseOrder.Shared, Proto.LeaseOrder.Shared)
    );

    public static readonly EnumMap<HoldTarget, Proto.HoldTarget> HoldTarget = new(
        (Buffers.Service.HoldTarget.Source, Proto.HoldTarget.Source),
        (Buffers.Service.HoldTarget.Stage, Proto.HoldTarget.Stage)
    );

    public static readonly EnumMap<Problem, Proto.Problem> Problem = new(
        (Protocol.Problem.Argument, Proto.Problem.Argument),
        (Protocol.Problem.ArgumentMissing, Proto.Problem.ArgumentMissing),
        (Protocol.Problem.ArgumentOutOfRange, Proto.Problem.ArgumentOutOfRange),
        (Protocol.Problem.NotNow, Proto.Problem.NotNow),
        (Protocol.Problem.Crashed, Proto.Problem.Crashed),
        (Protocol.Problem.TooLarge, Proto.Problem.TooLarge),
        (Protocol.Problem.Elsewhere, Proto.Problem.Elsewhere),
        (Protocol.Problem.Forgotten, Proto.Problem.Forgotten),
        (Protocol.Problem.StoreUnavailable, Proto.Problem.StoreUnavailable)
    );

    public static readonly EnumMap<AckLevel, Proto.AckLevel> AckLevel = new(
        (Buffers.AckLevel.Buffered, Proto.AckLevel.Buffered),
        (Buffers.AckLevel.Persisted, Proto.AckLevel.Persisted)
    );

    public static readonly EnumMap<Protocol.LinkStep, Proto.LinkStep> LinkStep = new(
        (Protocol.LinkStep.Open, Proto.LinkStep.Open),
        (Protocol.LinkStep.Probe, Proto.LinkStep.Probe),
        (Protocol.LinkStep.Opened, Proto.LinkStep.Opened),
        (Protocol.LinkStep.Unknown, Proto.LinkStep.Unknown),
        (Protocol.LinkStep.Close, Proto.LinkStep.Close),
        (Protocol.LinkStep.Ended, Proto.LinkStep.Ended)
    );
}
