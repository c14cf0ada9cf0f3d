using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The port: all that pipelines, HTTP, streams, the command line and pbm know of the buffers, wherever they live.
/// </summary>
/// <remarks>
/// Safe for use by many threads. A pipeline, stage or source exists from its first use. Expected outcomes are values; wrong arguments throw
/// <see cref="ArgumentException"/>. A cancelled call that waits leaves nothing behind and loses nothing.
/// </remarks>
public interface IBufferService : IOperatorHolds, IAsyncDisposable
{
    /// <summary>Sets a pipeline's limits; creates the pipeline when it does not exist.</summary>
    ValueTask ConfigureAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default);

    /// <summary>Gives one stage settings of its own.</summary>
    ValueTask ConfigureStageAsync(string pipeline, string stage, StageSettings settings, CancellationToken cancellation = default);

    /// <summary>Says what <see cref="ConfigureAsync"/> would refuse, evict and pause if it were called now. Changes nothing.</summary>
    ValueTask<LimitChange> PlanLimitsAsync(string pipeline, BufferSettings settings, CancellationToken cancellation = default);

    /// <summary>Offers one record. Waits for room only when the stage's rule is <see cref="FullRule.Wait"/>.</summary>
    ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, CreditGrant? credits = null, CancellationToken cancellation = default);

    /// <summary>Offers records, in order; a prefix of them is accepted. A wait that is cancelled keeps the prefix already accepted and answers with it.</summary>
    ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, CreditGrant? credits = null, CancellationToken cancellation = default);

    /// <summary>Offers one record and answers as the receipt says.</summary>
    /// <exception cref="InvalidOperationException">A receipt from disk is asked for, and the pipeline keeps nothing there.</exception>
    ValueTask<OfferResult> BufferForStageAsync(
        string pipeline, string stage, string source, ConveyorRecord record, Receipt receipt, CreditGrant? credits = null, CancellationToken cancellation = default) =>
        receipt == Receipt.Memory ? BufferForStageAsync(pipeline, stage, source, record, credits, cancellation) : throw NothingOnDisk(pipeline);

    /// <summary>Offers records, in order, and answers as the receipt says.</summary>
    /// <exception cref="InvalidOperationException">A receipt from disk is asked for, and the pipeline keeps nothing there.</exception>
    ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, Receipt receipt, CreditGrant? credits = null,
        CancellationToken cancellation = default) =>
        receipt == Receipt.Memory ? BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellation) : throw NothingOnDisk(pipeline);

    /// <summary>
    /// Offers records, in order, and accepts them once, however often the offer is made with the same id: made again it gets the result of the first time, also when the
    /// pipeline's journal was opened by another process meanwhile. An offer of which no record was accepted has done nothing, and is made anew.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="records">The records: the same ones each time.</param>
    /// <param name="id">Identifies the offer. Results are remembered for an hour, and of no more than 65,536 offers whose clients still wait.</param>
    /// <param name="receipt">When the call completes.</param>
    /// <param name="credits">A grant that covers some of the records.</param>
    /// <param name="cancellation">Ends a wait for room; what was accepted by then stays accepted.</param>
    /// <exception cref="OfferForgottenException">The offer was made before, and its result may have been forgotten: whether it was accepted is not known.</exception>
    /// <exception cref="InvalidOperationException">A receipt from disk is asked for, and the pipeline keeps nothing there.</exception>
    /// <exception cref="NotSupportedException">The implementation does not support ids of offers.</exception>
    ValueTask<OfferResult> OfferOnceAsync(
        string pipeline, string stage, string source, ReadOnlyMemory<ConveyorRecord> records, OfferId id, Receipt receipt = Receipt.Memory,
        CreditGrant? credits = null, CancellationToken cancellation = default) => throw new NotSupportedException($"{GetType().Name} knows no ids of offers.");

    /// <summary>True when what is accepted outlives the process.</summary>
    bool IsDurable => false;

    /// <summary>
    /// Completes when everything of the pipeline that was answered before the call is on disk: true; or false, when it cannot be written now. Then it is
    /// kept and tried again. True at once where nothing is kept on disk.
    /// </summary>
    ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellation = default) => new(true);

    /// <summary>Settles records of a lease as done and takes note of something: after a crash both are there or neither.</summary>
    ValueTask<SettleResult> CompleteAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, Note note, CancellationToken cancellation = default) =>
        throw NothingOnDisk(pipeline);

    /// <summary>Takes note of something.</summary>
    ValueTask SetNoteAsync(string pipeline, Note note, CancellationToken cancellation = default) => throw NothingOnDisk(pipeline);

    /// <summary>What was noted last under a key; null: nothing.</summary>
    ValueTask<string?> GetNoteAsync(string pipeline, string key, CancellationToken cancellation = default) => new((string?)null);

    /// <summary>How far a source had been read when the pipeline was opened; null when nothing is known of it.</summary>
    ValueTask<SourcePosition?> PositionAsync(string pipeline, string source, CancellationToken cancellation = default) => new((SourcePosition?)null);

    /// <summary>
    /// Takes note of how far a source has been read. Records bring their positions along; this is for what was read and never offered.
    /// <see cref="PositionAsync"/> answers it once the pipeline is opened again.
    /// </summary>
    ValueTask SetPositionAsync(string pipeline, string source, SourcePosition position, CancellationToken cancellation = default) => throw NothingOnDisk(pipeline);

    private static InvalidOperationException NothingOnDisk(string pipeline) =>
        new($"Pipeline '{pipeline}' keeps nothing on disk; the receipt must be Memory, and nothing can be noted.");

    /// <summary>
    /// Leases up to <see cref="BatchRequest.Max"/> records. Waits until there is one when <see cref="BatchRequest.Wait"/> is set;
    /// an empty batch then means that the pipeline has stopped.
    /// </summary>
    ValueTask<LeasedBatch> GetBatchAsync(string pipeline, string stage, BatchRequest request, CancellationToken cancellation = default);

    /// <summary>Settles records of a lease as done.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the lease.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">Which of its records; null: all that are still open.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    ValueTask<SettleResult> CompleteAsync(string pipeline, string stage, long lease, IReadOnlyList<long>? sequences = null, CancellationToken cancellation = default);

    /// <summary>Gives failed records back to the head of their sources' lines.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the lease.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">Which of its records; null: all that are still open.</param>
    /// <param name="reason">Why; kept with a dead letter.</param>
    /// <param name="charge">True: counts as a retry, with backoff. False: the record was not tried; it is available again at once.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, bool charge = true, CancellationToken cancellation = default);

    /// <summary>Puts records of a lease among the stage's dead letters at once, whatever retries they have left.</summary>
    ValueTask<SettleResult> DeadLetterAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string reason, CancellationToken cancellation = default);

    /// <summary>
    /// Completes records of a lease, all of one source, and offers their results to another stage, as one step. Completes when the last result is in
    /// the target stage. Cancelling ends the wait, not the hop. Results of one source arrive in the order of the calls.
    /// </summary>
    /// <remarks>
    /// Waiting holds a consumer back as long as the next stage has no room. It must not be the consumer that would make the room: in a cycle of stages
    /// that multiplies its records, each may wait for the other for ever; and where bytes are bounded, a single result larger than all that is free may
    /// need bytes that the stage's own next records hold. Use <see cref="StartHopAsync"/> there, or go on leasing while this waits.
    /// </remarks>
    ValueTask<SettleResult> HopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellation = default);

    /// <summary>
    /// Tells that the consumer of a lease has died: what is still open goes back at once, as if the deadline had passed. One open record is charged a retry.
    /// Several are not, and their sources' records come in smaller leases, until a lease of one record fails: that record is what consumers die of.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the lease.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="reason">What happened; kept with a dead letter.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    ValueTask<SettleResult> AbandonAsync(string pipeline, string stage, long lease, string reason, CancellationToken cancellation = default);

    /// <summary>
    /// Tells that a consumer that held several leases of a stage has died. They are judged together, since each of the open records may be what it died of:
    /// one that is open alone is charged, several are not.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the leases.</param>
    /// <param name="leases">The leases' ids. Those that are not open are passed over; when none is, the result says so.</param>
    /// <param name="reason">What happened; kept with a dead letter.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    ValueTask<SettleResult> AbandonAsync(
        string pipeline, string stage, IReadOnlyList<long> leases, string reason, CancellationToken cancellation = default);

    /// <summary>
    /// The same step as <see cref="HopAsync"/>, completing once the records are settled: the results that found no room
    /// (<see cref="SettleResult.Waiting"/>) go over by themselves as there is room, in order and before any new offer.
    /// </summary>
    /// <remarks>
    /// No limit, however small, can stop it, in cycles of stages that multiply their records neither. What waits is held beside the limits: a consumer
    /// that never looks at <see cref="SettleResult.Waiting"/> can pile it up.
    /// </remarks>
    /// <exception cref="NotSupportedException">The implementation knows only the hop that waits.</exception>
    ValueTask<SettleResult> StartHopAsync(
        string pipeline, string stage, long lease, IReadOnlyList<long>? sequences, string targetStage, ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellation = default) =>
        throw new NotSupportedException($"{GetType().Name} knows only the hop that waits for its results; call HopAsync.");

    /// <summary>Moves a lease's deadline to the lease timeout from now.</summary>
    ValueTask<SettleResult> RenewAsync(string pipeline, string stage, long lease, CancellationToken cancellation = default);

    /// <summary>True when the source's signal is SlowDown or Pause.</summary>
    ValueTask<bool> ShouldBackpressureAsync(string pipeline, string source, CancellationToken cancellation = default);

    /// <summary>The source's signal now.</summary>
    ValueTask<BackpressureSignal> SignalAsync(string pipeline, string source, CancellationToken cancellation = default);

    /// <summary>
    /// The source's signal now and every change after it, in order. After an offer or a request for credits was refused, the signal comes once more when
    /// there is room for it, changed or not. Ends when the pipeline has stopped. A reader that falls behind by more than 256 changes misses the oldest,
    /// never the latest.
    /// </summary>
    IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default);

    /// <summary>Why the source is held, limit by limit; empty when it is not.</summary>
    ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default);

    /// <summary>The least of the free room of manager and source (and stage, when named), in records. Never negative.</summary>
    ValueTask<long> AvailableCreditsAsync(string pipeline, string source, string? stage = null, CancellationToken cancellation = default);

    /// <summary>Reserves up to <paramref name="records"/> of room for offers of one source to one stage. An offer with a credit is never refused for want of room.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="source">The source that will offer.</param>
    /// <param name="stage">The stage it will offer to.</param>
    /// <param name="records">How many; fewer may be granted, also none. From 1.</param>
    /// <param name="timeToLive">How long what is not used stays reserved. From 1 ms.</param>
    /// <param name="bytesPerRecord">Where byte limits are set: the room reserved for each record. A larger record asks for what is more, and may be refused that.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default);

    /// <summary>
    /// The same, waiting until at least one record of room can be granted. None is granted only when the pipeline is stopping or has stopped.
    /// Whoever waits for room, with an offer or for credits, is served first come, first served over all stages; one that waits for its own stage's or
    /// source's room does not hold up the others. A wait that is cancelled leaves no credit behind.
    /// </summary>
    ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline, string source, string stage, int records, TimeSpan timeToLive, int bytesPerRecord = 0, CancellationToken cancellation = default);

    /// <summary>Gives back what is left of a grant. Answers how many records that was.</summary>
    ValueTask<int> GiveBackCreditsAsync(string pipeline, CreditGrant grant, CancellationToken cancellation = default);

    /// <summary>A stage's fill: pending and promised records (or bytes, if that is more) over its limit. From 0 to 1; above 1 only after a limit was lowered.</summary>
    ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default);

    /// <summary>The manager's fill, likewise.</summary>
    ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default);

    /// <summary>The stages that have buffered records.</summary>
    ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default);

    /// <summary>The first records that wait in a stage, source by source, without leasing them.</summary>
    ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(string pipeline, string stage, int max, CancellationToken cancellation = default);

    /// <summary>A stage's dead letters, oldest first.</summary>
    ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(string pipeline, string stage, int max, CancellationToken cancellation = default);

    /// <summary>Offers dead letters to their stage again, oldest first, with no retries counted, while there is room. Answers how many went.</summary>
    ValueTask<int> ReplayDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default);

    /// <summary>Removes dead letters for good, oldest first. Answers how many.</summary>
    ValueTask<int> PurgeDeadLettersAsync(string pipeline, string stage, int max = int.MaxValue, CancellationToken cancellation = default);

    /// <summary>All numbers of a pipeline, taken at one moment.</summary>
    ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default);

    /// <summary>The pipelines that exist.</summary>
    ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default);

    /// <summary>Refuses new offers, lets consumers finish until the deadline, and reports. The first call's deadline holds; later calls get the same report. Cancelling ends the wait, not the stop.</summary>
    ValueTask<StopReport> StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellation = default);
}
