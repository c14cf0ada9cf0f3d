using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// The port over all pipelines of a cluster. A call goes to the node that has its pipeline; when the pipeline moves,
/// the call is sent to the new node, within its timeout.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end when it is disposed. Calls under way to a node that died are
/// repeated: each offer has an id, by which the pipeline's journal knows whether it was accepted. Where that cannot be
/// known, an offer or a flush throws <see cref="ConveyorActors.Actors.BufferServiceException"/> or
/// <see cref="OfferForgottenException"/>, which say so. A lease ends with the move of its pipeline: settling it changes
/// nothing then, and its records are leased again with no retry charged.
/// </remarks>
sealed class RegionBufferService : IBufferService
{
    readonly ClusterMembers members;
    readonly NodeServices nodes;
    readonly RegionCalls calls;
    readonly RegionOffers offers;
    readonly RegionSignals signals;
    readonly RegionListing listing;

    public RegionBufferService(
        ActorSystem system,
        IActorRef region,
        string? role,
        TimeSpan askTimeout,
        TimeSpan locateInterval,
        WireSettings wire,
        bool isDurable,
        Task agreed
    )
    {
        var locator = new PipelineLocator(region, locateInterval, agreed);
        nodes = new(system, askTimeout, ClusterMembers.PathOf(Akka.Cluster.Cluster.Get(system).SelfAddress));
        members = new(
            system,
            role,
            locator.Remove,
            node =>
            {
                nodes.Remove(node);
                locator.Remove(node);
            }
        );
        calls = new(locator, nodes, askTimeout);
        offers = new(calls, wire.BatchBytes(system.Settings.Config), wire.MaxMessageBytes, isDurable);
        signals = new(locator, nodes, askTimeout);
        listing = new(
            () => members.Paths,
            (path, cancellationToken) => nodes.Of(path).GetPipelinesAsync(cancellationToken).AsTask(),
            askTimeout,
            TimeProvider.System
        );
        IsDurable = isDurable;
    }

    /// <inheritdoc/>
    public bool IsDurable { get; }

    /// <inheritdoc/>
    public async ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "Configure",
                CallKind.Repeatable,
                async s =>
                {
                    await s.ConfigureAsync(pipeline, settings, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "ConfigureStage",
                CallKind.Repeatable,
                async s =>
                {
                    await s.ConfigureStageAsync(pipeline, stage, settings, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "PlanLimits",
            CallKind.Repeatable,
            s => s.PlanLimitsAsync(pipeline, settings, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, AckLevel.Buffered, credits), record, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, AckLevel.Buffered, credits), records, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, ackLevel, credits), record, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferAsync(new(pipeline, stage, source, ackLevel, credits), records, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => offers.OfferOnceAsync(new(pipeline, stage, source, ackLevel, credits), records, id, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        calls.RunAsync(
            pipeline,
            "Flush",
            CallKind.Once,
            s => s.FlushAsync(pipeline, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetBatch",
            request.Wait ? CallKind.Waiting : CallKind.Repeatable,
            s => s.GetBatchAsync(pipeline, stage, request, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Complete",
            CallKind.Repeatable,
            s => s.CompleteAsync(pipeline, stage, lease, sequences, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "CompleteWithCheckpoint",
            CallKind.Repeatable,
            s => s.CompleteAsync(pipeline, stage, lease, sequences, checkpoint, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public async ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "SetCheckpoint",
                CallKind.Repeatable,
                async s =>
                {
                    await s.SetCheckpointAsync(pipeline, checkpoint, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetCheckpoint",
            CallKind.Repeatable,
            s => s.GetCheckpointAsync(pipeline, key, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Position",
            CallKind.Repeatable,
            s => s.GetPositionAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public async ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "SetPosition",
                CallKind.Repeatable,
                async s =>
                {
                    await s.SetPositionAsync(pipeline, source, position, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "ReturnToBuffer",
            CallKind.Repeatable,
            s => s.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "DeadLetter",
            CallKind.Repeatable,
            s => s.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Hop",
            CallKind.Waiting,
            s => s.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Abandon",
            CallKind.Repeatable,
            s => s.AbandonAsync(pipeline, stage, lease, reason, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Abandon",
            CallKind.Repeatable,
            s => s.AbandonAsync(pipeline, stage, leases, reason, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "StartHop",
            CallKind.Repeatable,
            s => s.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Renew",
            CallKind.Repeatable,
            s => s.RenewAsync(pipeline, stage, lease, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "ShouldBackpressure",
            CallKind.Repeatable,
            s => s.ShouldBackpressureAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Signal",
            CallKind.Repeatable,
            s => s.GetSignalAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Explain",
            CallKind.Repeatable,
            s => s.ExplainAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "AvailableCredits",
            CallKind.Repeatable,
            s => s.AvailableCreditsAsync(pipeline, stage, source, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "RequestCredits",
            CallKind.Repeatable,
            s => s.RequestCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "WaitForCredits",
            CallKind.Waiting,
            s => s.WaitForCreditsAsync(pipeline, stage, source, records, timeToLive, bytesPerRecord, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GiveBackCredits",
            CallKind.Repeatable,
            s => s.GiveBackCreditsAsync(pipeline, grant, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetStageUtilization",
            CallKind.Repeatable,
            s => s.GetStageUtilizationAsync(pipeline, stage, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetGlobalUtilization",
            CallKind.Repeatable,
            s => s.GetGlobalUtilizationAsync(pipeline, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "StagesWithData",
            CallKind.Repeatable,
            s => s.GetStagesWithDataAsync(pipeline, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Peek",
            CallKind.Repeatable,
            s => s.PeekAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "DeadLetters",
            CallKind.Repeatable,
            s => s.GetDeadLettersAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "ReplayDeadLetters",
            CallKind.Once,
            s => s.ReplayDeadLettersAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "PurgeDeadLetters",
            CallKind.Once,
            s => s.PurgeDeadLettersAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Snapshot",
            CallKind.Repeatable,
            s => s.GetSnapshotAsync(pipeline, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Stop",
            CallKind.Waiting,
            s => s.StopAsync(pipeline, deadline, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Pause",
            CallKind.Repeatable,
            s => s.PauseAsync(pipeline, target, name, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Resume",
            CallKind.Repeatable,
            s => s.ResumeAsync(pipeline, target, name, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        signals.ReadAsync(
            Names.Validate(pipeline, nameof(pipeline)),
            Names.Validate(source, nameof(source)),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        new(listing.ListAsync(cancellationToken));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        members.Dispose();
        await nodes.DisposeAsync().ConfigureAwait(false);
    }
}
