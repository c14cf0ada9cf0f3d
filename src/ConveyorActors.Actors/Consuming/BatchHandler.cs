using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Handles the records of a lease and returns a result for each. Throws when it cannot tell which record caused a
/// failure.
/// </summary>
/// <param name="batch">The lease.</param>
/// <param name="isEnding">Cancelled when no further record should be begun.</param>
/// <param name="cancellationToken">Cancelled when the handling of records already begun should end, too.</param>
/// <param name="giveBack">
/// Called at most once, with the indices of records that will not be handled, so that they do not wait for the others.
/// Their results are null.
/// </param>
delegate Task<IReadOnlyList<RecordResult?>> BatchHandler(
    LeasedBatch batch,
    CancellationToken isEnding,
    CancellationToken cancellationToken,
    Action<int[]> giveBack
);

/// <summary>Creates the handler of a lease from the user's handler.</summary>
static class BatchHandlers
{
    /// <summary>The result of a record that the consumer leased and will not handle.</summary>
    public static readonly RecordResult NotBegun = RecordResult.Returned(
        "the consumer has ended before it began with the record",
        charge: false
    );

    /// <summary>The result of a record whose handling the end of the consumer has cut short.</summary>
    public static readonly RecordResult Cancelled = RecordResult.Returned(
        "the consumer has ended before it was done with the record",
        charge: false
    );

    /// <summary>Returns a handler of whole batches. Its failure does not show which record caused it.</summary>
    public static BatchHandler ForBatches(
        Func<LeasedBatch, CancellationToken, Task<IReadOnlyList<RecordResult>>> handle,
        SemaphoreSlim slots
    ) =>
        async (batch, isEnding, cancellationToken, _) =>
        {
            if (!await TryEnterAsync(slots, isEnding).ConfigureAwait(false))
                return FillResults(batch, NotBegun);
            try
            {
                var handling =
                    handle(batch, cancellationToken)
                    ?? throw new InvalidOperationException(
                        "The handler returned null; it must return a Task<IReadOnlyList<RecordResult>>."
                    );
                var results = await handling.ConfigureAwait(false);
                return results is not null && results.Count == batch.Count && results.All(r => r is not null)
                    ? results
                    : throw new InvalidOperationException(
                        $"The handler of a batch of {batch.Count} records returned {results?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null instead of"} results; it must return one for each record."
                    );
            }
            catch (OperationCanceledException) when (isEnding.IsCancellationRequested)
            {
                return FillResults(batch, Cancelled);
            }
            finally
            {
                slots.Release();
            }
        };

    /// <summary>Returns a handler of single records. Only the record whose handling throws is charged.</summary>
    public static BatchHandler ForRecords(
        Func<BufferedRecord<ConveyorRecord>, CancellationToken, Task<RecordResult>> handle,
        bool keepOrder,
        SemaphoreSlim slots,
        ILoggingAdapter log
    ) =>
        (batch, isEnding, cancellationToken, giveBack) =>
            new SingleRecords(batch, handle, slots, log, giveBack).HandleAsync(keepOrder, isEnding, cancellationToken);

    /// <summary>Waits for a slot. Returns false if the consumer ends first.</summary>
    public static async ValueTask<bool> TryEnterAsync(SemaphoreSlim slots, CancellationToken isEnding)
    {
        if (isEnding.IsCancellationRequested)
            return false;
        try
        {
            await slots.WaitAsync(isEnding).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    static RecordResult[] FillResults(LeasedBatch batch, RecordResult result)
    {
        var results = new RecordResult[batch.Count];
        Array.Fill(results, result);
        return results;
    }
}
