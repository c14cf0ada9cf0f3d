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
        Create<Enqueue, Proto.Enqueue>("enqueue", EnqueueWire.ToProto, EnqueueWire.FromProto),
        Create<EnqueueBatch, Proto.EnqueueBatch>("enqueue-batch", EnqueueWire.ToProto, EnqueueWire.FromProto),
        Create<EnqueueResult, Proto.EnqueueResult>("enqueue-result", EnqueueWire.ToProto, EnqueueWire.FromProto),
        // To a manager
        Create<ConfigurePipeline, Proto.ConfigurePipeline>("configure", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<PlanLimits, Proto.PlanLimits>("plan-limits", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<GetGlobalUtilization, Proto.GetGlobalUtilization>(
            "get-fill",
            ManagerWire.ToProto,
            ManagerWire.FromProto
        ),
        Create<GetStagesWithData, Proto.GetStagesWithData>("get-stages", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<GetSnapshot, Proto.GetSnapshot>("get-snapshot", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<StopPipeline, Proto.StopPipeline>("stop", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<CancelWait, Proto.CancelWait>("cancel-wait", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<GetPipelines, Proto.GetPipelines>("get-pipelines", ManagerWire.ToProto, ManagerWire.FromProto),
        // To a stage
        Create<ConfigureStage, Proto.ConfigureStage>("configure-stage", StageWire.ToProto, StageWire.FromProto),
        Create<BufferForStage, Proto.BufferForStage>("offer", StageWire.ToProto, StageWire.FromProto),
        Create<BufferBatchForStage, Proto.BufferBatchForStage>("offer-batch", StageWire.ToProto, StageWire.FromProto),
        Create<BufferPartsForStage, Proto.BufferPartsForStage>("offer-parts", StageWire.ToProto, StageWire.FromProto),
        Create<GetBatch, Proto.GetBatch>("lease", StageWire.ToProto, StageWire.FromProto),
        Create<Complete, Proto.Complete>("complete", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<ReturnToBuffer, Proto.ReturnToBuffer>("return", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<DeadLetterRecords, Proto.DeadLetterRecords>("make-dead-letters", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<Hop, Proto.Hop>("hop", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<Renew, Proto.Renew>("renew", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<BeginAnew, Proto.BeginAnew>("begin-anew", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<GetStageUtilization, Proto.GetStageUtilization>(
            "get-stage-fill",
            StageWire.ToProto,
            StageWire.FromProto
        ),
        Create<Peek, Proto.Peek>("peek", StageWire.ToProto, StageWire.FromProto),
        Create<GetDeadLetters, Proto.GetDeadLetters>("get-dead-letters", StageWire.ToProto, StageWire.FromProto),
        Create<ReplayDeadLetters, Proto.ReplayDeadLetters>(
            "replay-dead-letters",
            StageWire.ToProto,
            StageWire.FromProto
        ),
        Create<PurgeDeadLetters, Proto.PurgeDeadLetters>("purge-dead-letters", StageWire.ToProto, StageWire.FromProto),
        // To a source, and to its subscribers
        Create<RequestCredits, Proto.RequestCredits>("request-credits", SourceWire.ToProto, SourceWire.FromProto),
        Create<GiveBackCredits, Proto.GiveBackCredits>("give-back-credits", SourceWire.ToProto, SourceWire.FromProto),
        Create<GetAvailableCredits, Proto.GetAvailableCredits>("get-credits", SourceWire.ToProto, SourceWire.FromProto),
        Create<GetSignal, Proto.GetSignal>("get-signal", SourceWire.ToProto, SourceWire.FromProto),
        Create<Explain, Proto.Explain>("explain", SourceWire.ToProto, SourceWire.FromProto),
        Create<SubscribeSignals, Proto.SubscribeSignals>("subscribe", SourceWire.ToProto, SourceWire.FromProto),
        Create<UnsubscribeSignals, Proto.UnsubscribeSignals>("unsubscribe", SourceWire.ToProto, SourceWire.FromProto),
        Create<SignalChanged, Proto.SignalChanged>("signal-changed", SourceWire.ToProto, SourceWire.FromProto),
        Create<SignalsEnded, Proto.SignalsEnded>("signals-ended", SourceWire.ToProto, SourceWire.FromProto),
        // Replies
        Create<Configured, Proto.Configured>("configured", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Offered, Proto.Offered>("offered", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<PartsOffered, Proto.PartsOffered>("parts-offered", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Leased, Proto.Leased>("leased", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Settled, Proto.Settled>("settled", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Granted, Proto.Granted>("granted", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Count, Proto.Count>("count", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Fill, Proto.Fill>("fill", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<NameList, Proto.NameList>("names", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<SignalIs, Proto.SignalIs>("signal", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Explained, Proto.Explained>("explained", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Peeked, Proto.Peeked>("peeked", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<DeadLetterList, Proto.DeadLetterList>("dead-letters", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<LimitsPlanned, Proto.LimitsPlanned>("limits-planned", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<SnapshotTaken, Proto.SnapshotTaken>("snapshot", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<PipelineStopped, Proto.PipelineStopped>("stopped", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<WaitCancelled, Proto.WaitCancelled>("wait-cancelled", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<BegunAnew, Proto.BegunAnew>("begun-anew", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<Failed, Proto.Failed>("failed", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<AskFailed, Proto.Failed>("failed", ReplyWire.ToProto, static p => new AskFailed(ReplyWire.FromProto(p))),
        // Links between nodes
        Create<LinkControl, Proto.LinkControl>("link-control", LinkWire.ToProto, LinkWire.FromProto),
        Create<LinkFrame, Proto.LinkFrame>("link-frame", LinkWire.ToProto, LinkWire.FromProto),
        // Types that are no messages of this library, and that a user may send by themselves
        Create<ConveyorRecord, Proto.Record>("record", static r => r.ToProto(), static p => p.FromProto()),
        Create<BufferedRecord<ConveyorRecord>, Proto.BufferedRecord>(
            "buffered-record",
            RecordWire.ToProto,
            static p => p.FromProto()
        ),
        Create<DeadLetter<ConveyorRecord>, Proto.DeadLetter>("dead-letter", RecordWire.ToProto, RecordWire.FromProto),
        Create<LeasedBatch, Proto.LeasedBatch>("leased-batch", static b => b.ToProto(), static p => p.FromProto()),
        Create<CreditGrant, Proto.CreditGrant>("credit-grant", static g => g.ToProto(), static p => p.FromProto()),
        Create<OfferResult, Proto.OfferResult>("offer-result", FlowWire.ToProto, static p => p.FromProto()),
        Create<SettleResult, Proto.SettleResult>("settle-result", FlowWire.ToProto, static p => p.FromProto()),
        Create<PipelineSnapshot, Proto.PipelineSnapshot>(
            "pipeline-snapshot",
            static s => s.ToProto(),
            static p => p.FromProto()
        ),
        Create<StopReport, Proto.StopReport>("stop-report", static r => r.ToProto(), static p => p.FromProto()),
        // Messages of later versions
        Create<Abandon, Proto.Abandon>("abandon", LeaseWire.ToProto, LeaseWire.FromProto),
        Create<Flush, Proto.Flush>("flush", ManagerWire.ToProto, ManagerWire.FromProto),
        Create<Flushed, Proto.Flushed>("flushed", ReplyWire.ToProto, ReplyWire.FromProto),
        Create<PlaceHold, Proto.PlaceHold>("place-hold", HoldWire.ToProto, HoldWire.FromProto),
        Create<LiftHold, Proto.LiftHold>("lift-hold", HoldWire.ToProto, HoldWire.FromProto),
        Create<HoldChanged, Proto.HoldChanged>("hold-changed", HoldWire.ToProto, HoldWire.FromProto),
        Create<SetCheckpoint, Proto.SetCheckpoint>("set-note", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Create<GetCheckpoint, Proto.GetCheckpoint>("get-note", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Create<SetPosition, Proto.SetPosition>("set-position", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Create<GetPosition, Proto.GetPosition>("get-position", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Create<CompleteWithCheckpoint, Proto.CompleteWithCheckpoint>(
            "complete-with-note",
            CheckpointWire.ToProto,
            CheckpointWire.FromProto
        ),
        Create<Stored, Proto.Stored>("noted", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Create<CheckpointIs, Proto.CheckpointIs>("note", CheckpointWire.ToProto, CheckpointWire.FromProto),
        Create<PositionIs, Proto.PositionIs>("position", CheckpointWire.ToProto, CheckpointWire.FromProto),
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

    static WireMessage<TMessage, TProto> Create<TMessage, TProto>(
        string manifest,
        Func<TMessage, TProto> toProto,
        Func<TProto, TMessage> fromProto
    )
        where TMessage : notnull
        where TProto : class, IMessage<TProto>, new() => new(manifest, toProto, (proto, _) => fromProto(proto));

    static WireMessage<TMessage, TProto> Create<TMessage, TProto>(
        string manifest,
        Func<TMessage, TProto> toProto,
        Func<TProto, ActorResolver, TMessage> fromProto
    )
        where TMessage : notnull
        where TProto : class, IMessage<TProto>, new() => new(manifest, toProto, fromProto);
}
