using System.Collections.Frozen;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using Google.Protobuf;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// The table of all messages and their manifests. Append entries; never change or reuse a manifest, because peers of
/// other versions and stored bytes use it.
/// </summary>
static class Manifests
{
    static readonly WireMessage[] All =
    [
        // Buffer actors
        Of<Enqueue, Proto.Enqueue>("enqueue", EnqueueWire.ToProto, EnqueueWire.FromProto),
        Of<EnqueueBatch, Proto.EnqueueBatch>("enqueue-batch", EnqueueWire.ToProto, EnqueueWire.FromProto),
        Of<EnqueueResult, Proto.EnqueueResult>("enqueue-result", EnqueueWire.ToProto, EnqueueWire.FromProto),
        // To a manager
        Of<ConfigurePipeline, Proto.ConfigurePipeline>("configure", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<PlanLimits, Proto.PlanLimits>("plan-limits", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<GetGlobalUtilization, Proto.GetGlobalUtilization>("get-fill", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<GetStagesWithData, Proto.GetStagesWithData>("get-stages", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<GetSnapshot, Proto.GetSnapshot>("get-snapshot", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<StopPipeline, Proto.StopPipeline>("stop", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<CancelWait, Proto.CancelWait>("cancel-wait", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<GetPipelines, Proto.GetPipelines>("get-pipelines", ManagerWire.ToProto, ManagerWire.FromProto),
        // To a stage
        Of<ConfigureStage, Proto.ConfigureStage>("configure-stage", StageWire.ToProto, StageWire.FromProto),
        Of<BufferForStage, Proto.BufferForStage>("offer", StageWire.ToProto, StageWire.FromProto),
        Of<BufferBatchForStage, Proto.BufferBatchForStage>("offer-batch", StageWire.ToProto, StageWire.FromProto),
        Of<BufferPartsForStage, Proto.BufferPartsForStage>("offer-parts", StageWire.ToProto, StageWire.FromProto),
        Of<GetBatch, Proto.GetBatch>("lease", StageWire.ToProto, StageWire.FromProto),
        Of<Complete, Proto.Complete>("complete", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<ReturnToBuffer, Proto.ReturnToBuffer>("return", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<DeadLetterRecords, Proto.DeadLetterRecords>("make-dead-letters", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<Hop, Proto.Hop>("hop", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<Renew, Proto.Renew>("renew", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<BeginAnew, Proto.BeginAnew>("begin-anew", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<GetStageUtilization, Proto.GetStageUtilization>("get-stage-fill", StageWire.ToProto, StageWire.FromProto),
        Of<Peek, Proto.Peek>("peek", StageWire.ToProto, StageWire.FromProto),
        Of<GetDeadLetters, Proto.GetDeadLetters>("get-dead-letters", StageWire.ToProto, StageWire.FromProto),
        Of<ReplayDeadLetters, Proto.ReplayDeadLetters>("replay-dead-letters", StageWire.ToProto, StageWire.FromProto),
        Of<PurgeDeadLetters, Proto.PurgeDeadLetters>("purge-dead-letters", StageWire.ToProto, StageWire.FromProto),
        // To a source, and to its subscribers
        Of<RequestCredits, Proto.RequestCredits>("request-credits", SourceWire.ToProto, SourceWire.FromProto),
        Of<GiveBackCredits, Proto.GiveBackCredits>("give-back-credits", SourceWire.ToProto, SourceWire.FromProto),
        Of<GetAvailableCredits, Proto.GetAvailableCredits>("get-credits", SourceWire.ToProto, SourceWire.FromProto),
        Of<GetSignal, Proto.GetSignal>("get-signal", SourceWire.ToProto, SourceWire.FromProto),
        Of<Explain, Proto.Explain>("explain", SourceWire.ToProto, SourceWire.FromProto),
        Of<SubscribeSignals, Proto.SubscribeSignals>("subscribe", SourceWire.ToProto, SourceWire.FromProto),
        Of<UnsubscribeSignals, Proto.UnsubscribeSignals>("unsubscribe", SourceWire.ToProto, SourceWire.FromProto),
        Of<SignalChanged, Proto.SignalChanged>("signal-changed", SourceWire.ToProto, SourceWire.FromProto),
        Of<SignalsEnded, Proto.SignalsEnded>("signals-ended", SourceWire.ToProto, SourceWire.FromProto),
        // Replies
        Of<Configured, Proto.Configured>("configured", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Offered, Proto.Offered>("offered", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<PartsOffered, Proto.PartsOffered>("parts-offered", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Leased, Proto.Leased>("leased", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Settled, Proto.Settled>("settled", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Granted, Proto.Granted>("granted", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Count, Proto.Count>("count", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Fill, Proto.Fill>("fill", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<NameList, Proto.NameList>("names", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<SignalIs, Proto.SignalIs>("signal", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Explained, Proto.Explained>("explained", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Peeked, Proto.Peeked>("peeked", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<DeadLetterList, Proto.DeadLetterList>("dead-letters", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<LimitsPlanned, Proto.LimitsPlanned>("limits-planned", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<SnapshotTaken, Proto.SnapshotTaken>("snapshot", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<PipelineStopped, Proto.PipelineStopped>("stopped", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<WaitCancelled, Proto.WaitCancelled>("wait-cancelled", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<BegunAnew, Proto.BegunAnew>("begun-anew", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<Failed, Proto.Failed>("failed", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<AskFailed, Proto.Failed>("failed", ReplyWire.ToProto, static p => new AskFailed(ReplyWire.FromProto(p))),
        // Links between nodes
        Of<LinkControl, Proto.LinkControl>("link-control", LinkWire.ToProto, LinkWire.FromProto),
        Of<LinkFrame, Proto.LinkFrame>("link-frame", LinkWire.ToProto, LinkWire.FromProto),
        // Types that are no messages of this library, and that a user may send by themselves
        Of<ConveyorRecord, Proto.Record>("record", static r => r.ToProto(), static p => p.FromProto()),
        Of<BufferedRecord<ConveyorRecord>, Proto.BufferedRecord>(
            "buffered-record",
            RecordWire.ToProto,
            static p => p.FromProto()
        ),
        Of<DeadLetter<ConveyorRecord>, Proto.DeadLetter>("dead-letter", RecordWire.ToProto, RecordWire.FromProto),
        Of<LeasedBatch, Proto.LeasedBatch>("leased-batch", static b => b.ToProto(), static p => p.FromProto()),
        Of<CreditGrant, Proto.CreditGrant>("credit-grant", static g => g.ToProto(), static p => p.FromProto()),
        Of<OfferResult, Proto.OfferResult>("offer-result", FlowWire.ToProto, static p => p.FromProto()),
        Of<SettleResult, Proto.SettleResult>("settle-result", FlowWire.ToProto, static p => p.FromProto()),
        Of<PipelineSnapshot, Proto.PipelineSnapshot>(
            "pipeline-snapshot",
            static s => s.ToProto(),
            static p => p.FromProto()
        ),
        Of<StopReport, Proto.StopReport>("stop-report", static r => r.ToProto(), static p => p.FromProto()),
        // Messages of later versions
        Of<Abandon, Proto.Abandon>("abandon", LeaseWire.ToProto, LeaseWire.FromProto),
        Of<Flush, Proto.Flush>("flush", ManagerWire.ToProto, ManagerWire.FromProto),
        Of<Flushed, Proto.Flushed>("flushed", ReplyWire.ToProto, ReplyWire.FromProto),
        Of<PlaceHold, Proto.PlaceHold>("place-hold", HoldWire.ToProto, HoldWire.FromProto),
        Of<LiftHold, Proto.LiftHold>("lift-hold", HoldWire.ToProto, HoldWire.FromProto),
        Of<HoldChanged, Proto.HoldChanged>("hold-changed", HoldWire.ToProto, HoldWire.FromProto),
        Of<SetCheckpoint, Proto.SetCheckpoint>("set-note", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Of<GetCheckpoint, Proto.GetCheckpoint>("get-note", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Of<SetPosition, Proto.SetPosition>("set-position", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Of<GetPosition, Proto.GetPosition>("get-position", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Of<CompleteWithCheckpoint, Proto.CompleteWithCheckpoint>(
            "complete-with-note",
            CheckpointWire.ToProto,
            CheckpointWire.FromProto
        ),
        Of<Stored, Proto.Stored>("noted", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Of<CheckpointIs, Proto.CheckpointIs>("note", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Of<PositionIs, Proto.PositionIs>("position", CheckpointWire.ToProto, CheckpointWire.FromProto),
    ];

    /// <summary>
    /// Gets the types that are not an <see cref="IConveyorMessage"/>, because users may send them by themselves.
    /// </summary>
    public static IEnumerable<Type> UserTypes => ByType.Keys.Where(t => !typeof(IConveyorMessage).IsAssignableFrom(t));

    /// <summary>The messages by type.</summary>
    public static readonly FrozenDictionary<Type, WireMessage> ByType = All.ToDictionary(m => m.Type)
        .ToFrozenDictionary();

    /// <summary>The messages by manifest.</summary>
    public static readonly FrozenDictionary<string, WireMessage> ByManifest = All.Where(m =>
            m.Type != typeof(AskFailed)
        )
        .ToDictionary(m => m.Manifest, StringComparer.Ordinal)
        .ToFrozenDictionary(StringComparer.Ordinal);

    static WireMessage<TMessage, TProto> Of<TMessage, TProto>(
        string manifest,
        Func<TMessage, TProto> toProto,
        Func<TProto, TMessage> fromProto
    )
        where TMessage : notnull
        where TProto : class, IMessage<TProto>, new() => new(manifest, toProto, (proto, _) => fromProto(proto));

    static WireMessage<TMessage, TProto> Of<TMessage, TProto>(
        string manifest,
        Func<TMessage, TProto> toProto,
        Func<TProto, ActorResolver, TMessage> fromProto
    )
        where TMessage : notnull
        where TProto : class, IMessage<TProto>, new() => new(manifest, toProto, fromProto);
}
