using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// The port over all pipelines of a cluster. A call goes to the node that has its pipeline; when the pipeline moves, the call is sent to the new node, within its timeout.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end when it is disposed. Calls under way to a node that died
/// are repeated: each offer has an id, by which the pipeline's journal knows whether it was accepted. Where that cannot be known, an offer or a flush throws
/// <see cref="ConveyorActors.Actors.BufferServiceException"/> or <see cref="OfferForgottenException"/>, which say so. A lease ends with the
/// move of its pipeline: settling it changes nothing then, and its records are leased again with no retry charged.
/// </remarks>
sealed class RegionBufferService : IBufferService
{
    readonly ClusterMembers members;
    readonly NodeServices nodes;
    readonly RegionCalls calls;
    readonly RegionOffers offers;
    readonly RegionSignals signals;
    readonly RegionListing listing;

    public RegionBufferService(ActorSystem system, IActorRef region, string? role, TimeSpan askTimeout, TimeSpan locateInterval, WireSettings wire, bool isDurable)
    {
        var locator = new PipelineLocator(region, locateInterval);
        nodes = new(system, askTimeout, ClusterMembers.PathOf(Akka.Cluster.Cluster.Get(system).SelfAddress));
        members = new(system, role, locator.Remove, node =>
        {
            nodes.Remove(node);
            locator.Remove(node);
        });
        calls = new(locator, nodes, askTimeout);
        offers = new(calls, wire.BatchBytes(system.Settings.Config), wire.MaxMessageBytes, isDurable);
        signals = new(locator, nodes, askTimeout);
        listing = new(() => members.Paths, (path, cancellation) => nodes.Of(path).PipelinesAsync(cancellation).AsTask(), askTimeout, TimeProvider.System);
        IsDurable = isDurable;
    }

    /// <inheritdoc/>
    public bool IsDurable { get; }

    /// <inheritdoc/>
    public async ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) =>
        await calls.RunAsync(pipeline, "Configure", CallKind.Repeatable, async s => { await s.ConfigureAsync(pipeline, settings, cancellation).ConfigureAwait(false); return true; }, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask ConfigureStageAsync(string pipeline, string stage, StageSettings settings, CancellationToken cancellation = default) =>
        await calls.RunAsync(pipeline, "ConfigureStage", CallKind.Repeatable, async s => { await s.ConfigureStageAsync(pipeline, stage, settings, cancellation).ConfigureAwait(false); return true; }, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<LimitChange> PlanLimitsAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "PlanLimits", CallKind.Repeatable, s => s.PlanLimitsAsync(pipeline, settings, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        offers.OfferAsync(new(pipeline, stage, source, Receipt.Memory, credits), record, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        offers.OfferAsync(new(pipeline, stage, source, Receipt.Memory, credits), records, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        offers.OfferAsync(new(pipeline, stage, source, receipt, credits), record, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        offers.OfferAsync(new(pipeline, stage, source, receipt, credits), records, cancellation);

    /// <inheritdoc/>
    public ValueTask<OfferResult> OfferOnceAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, OfferId id, Receipt receipt = Receipt.Memory,
        CreditGrant? credits = null, CancellationToken cancellation = default) =>
        offers.OfferOnceAsync(new(pipeline, stage, source, receipt, credits), records, id, cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Flush", CallKind.Once, s => s.FlushAsync(pipeline, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<LeasedBatch> GetBatchAsync(string pipeline, string stage, BatchRequest request, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "GetBatch", request.Wait ? CallKind.Waiting : CallKind.Repeatable, s => s.GetBatchAsync(pipeline, stage, request, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences = null, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Complete", CallKind.Repeatable, s => s.CompleteAsync(pipeline, stage, lease, sequences, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, Note note, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "CompleteWithNote", CallKind.Repeatable, s => s.CompleteAsync(pipeline, stage, lease, sequences, note, cancellation), cancellation);

    /// <inheritdoc/>
    public async ValueTask SetNoteAsync(string pipeline, Note note, CancellationToken cancellation = default) =>
        await calls.RunAsync(pipeline, "SetNote", CallKind.Repeatable, async s => { await s.SetNoteAsync(pipeline, note, cancellation).ConfigureAwait(false); return true; }, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<string?> GetNoteAsync(string pipeline, string key, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "GetNote", CallKind.Repeatable, s => s.GetNoteAsync(pipeline, key, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> PositionAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Position", CallKind.Repeatable, s => s.PositionAsync(pipeline, source, cancellation), cancellation);

    /// <inheritdoc/>
    public async ValueTask SetPositionAsync(string pipeline, string source, SourcePosition position, CancellationToken cancellation = default) =>
        await calls.RunAsync(pipeline, "SetPosition", CallKind.Repeatable, async s => { await s.SetPositionAsync(pipeline, source, position, cancellation).ConfigureAwait(false); return true; }, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, bool charge = true, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "ReturnToBuffer", CallKind.Repeatable, s => s.ReturnToBufferAsync(pipeline, stage, lease, sequences, reason, charge, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "DeadLetter", CallKind.Repeatable, s => s.DeadLetterAsync(pipeline, stage, lease, sequences, reason, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> HopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Hop", CallKind.Waiting, s => s.HopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, long lease, string reason, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Abandon", CallKind.Repeatable, s => s.AbandonAsync(pipeline, stage, lease, reason, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline, string stage, IReadOnlyList<long> leases, string reason, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Abandon", CallKind.Repeatable, s => s.AbandonAsync(pipeline, stage, leases, reason, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "StartHop", CallKind.Repeatable, s => s.StartHopAsync(pipeline, stage, lease, sequences, targetStage, results, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(string pipeline, string stage, long lease, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Renew", CallKind.Repeatable, s => s.RenewAsync(pipeline, stage, lease, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> ShouldBackpressureAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "ShouldBackpressure", CallKind.Repeatable, s => s.ShouldBackpressureAsync(pipeline, source, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<BackpressureSignal> SignalAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Signal", CallKind.Repeatable, s => s.SignalAsync(pipeline, source, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Explain", CallKind.Repeatable, s => s.ExplainAsync(pipeline, source, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<long> AvailableCreditsAsync(string pipeline, string source, string? stage = null, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "AvailableCredits", CallKind.Repeatable, s => s.AvailableCreditsAsync(pipeline, source, stage, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "RequestCredits", CallKind.Repeatable, s => s.RequestCreditsAsync(pipeline, source, stage, records, timeToLive, bytesPerRecord, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "WaitForCredits", CallKind.Waiting, s => s.WaitForCreditsAsync(pipeline, source, stage, records, timeToLive, bytesPerRecord, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<int> GiveBackCreditsAsync(string pipeline, CreditGrant grant, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "GiveBackCredits", CallKind.Repeatable, s => s.GiveBackCreditsAsync(pipeline, grant, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "GetStageUtilization", CallKind.Repeatable, s => s.GetStageUtilizationAsync(pipeline, stage, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "GetGlobalUtilization", CallKind.Repeatable, s => s.GetGlobalUtilizationAsync(pipeline, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "StagesWithData", CallKind.Repeatable, s => s.StagesWithDataAsync(pipeline, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Peek", CallKind.Repeatable, s => s.PeekAsync(pipeline, stage, max, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(
        string pipeline, string stage, int max, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "DeadLetters", CallKind.Repeatable, s => s.DeadLettersAsync(pipeline, stage, max, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<int> ReplayDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "ReplayDeadLetters", CallKind.Once, s => s.ReplayDeadLettersAsync(pipeline, stage, max, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<int> PurgeDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "PurgeDeadLetters", CallKind.Once, s => s.PurgeDeadLettersAsync(pipeline, stage, max, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Snapshot", CallKind.Repeatable, s => s.SnapshotAsync(pipeline, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Stop", CallKind.Waiting, s => s.StopAsync(pipeline, deadline, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> PauseAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Pause", CallKind.Repeatable, s => s.PauseAsync(pipeline, target, name, cancellation), cancellation);

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(string pipeline, HoldTarget target, string name, CancellationToken cancellation = default) =>
        calls.RunAsync(pipeline, "Resume", CallKind.Repeatable, s => s.ResumeAsync(pipeline, target, name, cancellation), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        signals.ReadAsync(Names.Validate(pipeline, nameof(pipeline)), Names.Validate(source, nameof(source)), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default) => new(listing.ListAsync(cancellation));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        members.Dispose();
        await nodes.DisposeAsync().ConfigureAwait(false);
    }
}
