using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Handles the records of a lease, and says what is to become of each. Throws when it does not know which record was to
/// blame.
/// </summary>
/// <param name="batch">The lease.</param>
/// <param name="isEnding">Cancelled when no further record should be begun.</param>
/// <param name="cancellationToken">Cancelled when what has been begun should end, too.</param>
/// <param name="giveBack">
/// Called, once at most, with the indices of records that will not be handled, so that they need not wait for the
/// others. Their results are null.
/// </param>
delegate Task<IReadOnlyList<RecordResult?>> BatchHandler(
    LeasedBatch batch,
    CancellationToken isEnding,
    CancellationToken cancellationToken,
    Action<int[]> giveBack
);

/// <summary>Makes the handler of a lease out of what the user gave.</summary>
static class BatchHandlers
{
    /// <summary>The result of a record that the consumer leased and will not handle.</summary>
    public static readonly RecordResult NotBegun = RecordResult.Returned(
        "the consumer has ended before it began with the record",
        charge: false
    );

    static readonly RecordResult Behind = RecordResult.Returned(
            "a record of its source before it was returned",
            charge: false
        ),
        Cancelled = RecordResult.Returned("the consumer has ended before it was done with the record", charge: false);

    /// <summary>A handler of whole batches. It does not say which record it failed on.</summary>
    public static BatchHandler OfBatches(
        Func<LeasedBatch, CancellationToken, Task<IReadOnlyList<RecordResult>>> handle,
        SemaphoreSlim slots
    ) =>
        async (batch, isEnding, cancellationToken, _) =>
        {
            if (!await TryEnterAsync(slots, isEnding).ConfigureAwait(false))
                return All(batch, NotBegun);
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
                return All(batch, Cancelled);
            }
            finally
            {
                slots.Release();
            }
        };

    /// <summary>A handler of single records: one that throws is charged alone.</summary>
    public static BatchHandler OfRecords(
        Func<BufferedRecord<ConveyorRecord>, CancellationToken, Task<RecordResult>> handle,
        bool keepOrder,
        SemaphoreSlim slots,
        ILoggingAdapter log
    ) =>
        async (batch, isEnding, cancellationToken, giveBack) =>
        {
            var results = new RecordResult?[batch.Count];
            var taken = new int[batch.Count]; // 1: by a run of this handler, or given back
            var ending = isEnding.UnsafeRegister(_ => GiveBack(), null);
            var indices = Enumerable.Range(0, batch.Count);
            var runs = keepOrder
                ? indices.GroupBy(i => batch.Records[i].SourceId, StringComparer.Ordinal).Select(g => RunAsync([.. g]))
                : indices.Select(i => RunAsync([i]));
            await Task.WhenAll(runs.ToArray()).ConfigureAwait(false);
            // A cancelled token calls what was registered last first: all records that waited for their turn may have
            // ended before the call that gives them back, which is then made here.
            await ending.DisposeAsync().ConfigureAwait(false);
            GiveBack();
            return results;

            bool Take(int i) => Interlocked.Exchange(ref taken[i], 1) == 0;

            void GiveBack()
            {
                int[] left = [.. Enumerable.Range(0, batch.Count).Where(Take)];
                if (left.Length > 0)
                    giveBack(left);
            }

            async Task RunAsync(int[] run)
            {
                var isBehind = false;
                foreach (var i in run)
                {
                    if (isBehind)
                    {
                        if (Take(i))
                            results[i] = Behind;
                        continue;
                    }
                    if (!await TryEnterAsync(slots, isEnding).ConfigureAwait(false))
                        return; // the rest is given back
                    try
                    {
                        if (!Take(i))
                            return;
                        results[i] = await OneAsync(batch.Records[i]).ConfigureAwait(false);
                    }
                    finally
                    {
                        slots.Release();
                    }
                    isBehind = results[i] is RecordResult.ReturnedResult;
                }
            }

            async Task<RecordResult> OneAsync(BufferedRecord<ConveyorRecord> record)
            {
                try
                {
                    return await (
                            handle(record, cancellationToken)
                            ?? throw new InvalidOperationException(
                                "The handler returned null; it must return a Task<RecordResult>."
                            )
                        ).ConfigureAwait(false)
                        ?? throw new InvalidOperationException(
                            "The handler returned null; it must return a RecordResult."
                        );
                }
                catch (OperationCanceledException) when (isEnding.IsCancellationRequested)
                {
                    return Cancelled;
                }
                catch (Exception failure)
                {
                    ConsumerEvents.HandlerFailed(log, record, failure);
                    return RecordResult.Returned(failure.Message);
                }
            }
        };

    static async ValueTask<bool> TryEnterAsync(SemaphoreSlim slots, CancellationToken isEnding)
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

    static RecordResult[] All(LeasedBatch batch, RecordResult result)
    {
        var results = new RecordResult[batch.Count];
        Array.Fill(results, result);
        return results;
    }
}
