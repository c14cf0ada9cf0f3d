using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>The producer's part of the port: offers, credits and signals.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for what holds for all parts.</remarks>
public interface IBufferProducer
{
    /// <summary>Offers one record. Waits for room only when the stage's rule is <see cref="FullMode.Wait"/>.</summary>
    ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Offers records, in order; a prefix of them is accepted. A wait that is cancelled keeps the prefix already
    /// accepted and returns how many that were.
    /// </summary>
    ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Offers one record and completes at the given level.</summary>
    /// <exception cref="InvalidOperationException">
    /// The level is <see cref="AckLevel.Persisted"/> and the pipeline keeps nothing on disk.
    /// </exception>
    ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        ackLevel == AckLevel.Buffered
            ? BufferForStageAsync(pipeline, stage, source, record, credits, cancellationToken)
            : throw NothingStored.Error(pipeline);

    /// <summary>Offers records, in order, and completes at the given level.</summary>
    /// <exception cref="InvalidOperationException">
    /// The level is <see cref="AckLevel.Persisted"/> and the pipeline keeps nothing on disk.
    /// </exception>
    ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        ackLevel == AckLevel.Buffered
            ? BufferBatchForStageAsync(pipeline, stage, source, records, credits, cancellationToken)
            : throw NothingStored.Error(pipeline);

    /// <summary>
    /// Offers records, in order, and accepts them once, however often the offer is made with the same id: made again it
    /// gets the result of the first time, also when the pipeline's journal was opened by another process meanwhile. An
    /// offer of which no record was accepted has done nothing, and is made anew.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="records">The records: the same ones each time.</param>
    /// <param name="id">
    /// Identifies the offer. Results are remembered for an hour, and of no more than 65,536 offers whose clients still
    /// wait.
    /// </param>
    /// <param name="ackLevel">When the call completes.</param>
    /// <param name="credits">A grant that covers some of the records.</param>
    /// <param name="cancellationToken">Ends a wait for room; what was accepted by then stays accepted.</param>
    /// <exception cref="OfferForgottenException">
    /// The offer was made before, and its result may have been forgotten: whether it was accepted is not known.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The level is <see cref="AckLevel.Persisted"/> and the pipeline keeps nothing on disk.
    /// </exception>
    /// <exception cref="NotSupportedException">The implementation does not support ids of offers.</exception>
    ValueTask<OfferResult> OfferOnceAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException($"{GetType().Name} knows no ids of offers.");

    /// <summary>Gets whether accepted records outlive the process.</summary>
    bool IsDurable => false;

    /// <summary>
    /// Completes when everything of the pipeline that was accepted or settled before the call is on disk (true), or
    /// returns false, when it cannot be written now. Then it is kept and tried again. True at once where nothing is
    /// kept on disk.
    /// </summary>
    ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) => new(true);

    /// <summary>Returns whether the source should slow down or pause.</summary>
    ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>Returns the signal the source should follow now.</summary>
    ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Enumerates the source's signal now and every change after it, in order. After an offer or a request for credits was
    /// refused, the signal comes once more when there is room for it, changed or not. Ends when the pipeline has
    /// stopped. A reader that falls behind by more than 256 changes misses the oldest, never the latest.
    /// </summary>
    IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Returns the least of the free room of manager and source (and stage, when named), in records. Never negative.
    /// </summary>
    ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Reserves up to <paramref name="records"/> of room for offers of one source to one stage. An offer with a credit
    /// is never refused for want of room.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage it will offer to.</param>
    /// <param name="source">The source that will offer.</param>
    /// <param name="records">How many; fewer may be granted, also none. From 1.</param>
    /// <param name="timeToLive">How long what is not used stays reserved. From 1 ms.</param>
    /// <param name="bytesPerRecord">
    /// Where byte limits are set: the room reserved for each record. A larger record asks for what is more, and may be
    /// refused that.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// The same, waiting until at least one record of room can be granted. None is granted only when the pipeline is
    /// stopping or has stopped. Offers and requests for credits that wait for room are served first come, first served
    /// over all stages; one that waits for its own stage's or source's room does not hold up the others. A wait that is
    /// cancelled leaves no credit behind.
    /// </summary>
    ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    );

    /// <summary>Gives back what is left of a grant. Returns how many records that was.</summary>
    ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    );
}
