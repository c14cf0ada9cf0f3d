using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Service;

/// <summary>The producer's part of the port: offers, credits and signals.</summary>
/// <remarks>
/// Safe for use by many threads. See <see cref="IBufferService"/> for the rules of all parts. An array of records is
/// read until the call has completed; after that the caller may use it again. Credits that are given to an offer must be
/// of its stage and source: others cover nothing, as do those that have expired, and the offer is made without them.
/// </remarks>
public interface IBufferProducer
{
    /// <summary>Offers one record. Waits for room only under <see cref="FullMode.Wait"/>.</summary>
    ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Offers records, in order; a prefix of them is accepted. If a wait is cancelled, the records accepted by then
    /// stay accepted, and the result contains their number.
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
            : throw NoStoreErrors.CreateError(pipeline);

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
            : throw NoStoreErrors.CreateError(pipeline);

    /// <summary>
    /// Offers records, in order, and accepts them only once, even if the offer is repeated with the same id: a
    /// repeated offer gets the first result, even if another process has opened the pipeline's journal meanwhile. If no
    /// record of an offer was accepted, repeating it makes a new offer.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="source">The source.</param>
    /// <param name="records">The records; the same ones each time.</param>
    /// <param name="id">
    /// The id of the offer. Results are remembered for an hour, and for at most 65,536 offers whose clients still wait.
    /// </param>
    /// <param name="ackLevel">Specifies when the call completes.</param>
    /// <param name="credits">A grant that covers some of the records.</param>
    /// <param name="cancellationToken">Ends a wait for room; records accepted by then stay accepted.</param>
    /// <exception cref="OfferForgottenException">
    /// The offer was made before, and its result may have been forgotten: it is unknown whether it was accepted.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The level is <see cref="AckLevel.Persisted"/> and the pipeline keeps nothing on disk.
    /// </exception>
    /// <exception cref="NotSupportedException">The implementation does not support offer ids.</exception>
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

    /// <summary>Gets whether accepted records are kept when the process ends.</summary>
    bool IsDurable => false;

    /// <summary>
    /// Waits until all records of the pipeline that were accepted or settled before the call are on disk, and returns
    /// true; returns false if they cannot be written now. Then they are kept and the write is tried again. Returns true
    /// at once if nothing is kept on disk.
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
    /// Enumerates the source's current signal and every later change, in order. After an offer or a request for credits
    /// was refused, the signal is returned again when there is room for it, even if unchanged. Ends when the pipeline
    /// has stopped. A reader that falls behind by more than 256 changes misses the oldest, never the latest.
    /// </summary>
    /// <exception cref="ArgumentException">A name is not valid; thrown by the call, not by the enumeration.</exception>
    IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Returns the smallest free room among manager, source and, when given, stage, in records. Never negative.
    /// </summary>
    ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Reserves room for up to <paramref name="records"/> records that one source will offer to one stage. An offer
    /// with a credit is never refused for lack of room.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that the source will offer to.</param>
    /// <param name="source">The source that will offer.</param>
    /// <param name="records">The number of records wanted, from 1; fewer may be granted, even none.</param>
    /// <param name="timeToLive">The time for which unused room stays reserved. From 1 ms.</param>
    /// <param name="bytesPerRecord">
    /// The room reserved for each record if byte limits are set, in bytes. A larger record needs additional room and
    /// may be refused for lack of it.
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
    /// Reserves room as <see cref="RequestCreditsAsync"/> does, but waits until room for at least one record can be
    /// granted. The grant is empty only when the pipeline is stopping or has stopped, or when a byte limit was lowered
    /// below <paramref name="bytesPerRecord"/> during the wait. Offers and requests for credits that wait for room are
    /// served first come, first served over all stages; a request that waits for its own stage's or source's room does
    /// not delay the others. A cancelled wait leaves no credit behind.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The byte limits could never hold <paramref name="bytesPerRecord"/>, or another argument is out of its range.
    /// </exception>
    ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    );

    /// <summary>Gives back the unused rest of a grant. Returns the number of records given back.</summary>
    ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    );
}
