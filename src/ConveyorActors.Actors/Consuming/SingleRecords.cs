using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Handles the records of one lease one by one. Each record is taken once: either to be handled, or to be returned
/// because the consumer ends before the record's turn.
/// </summary>
/// <param name="batch">The lease.</param>
/// <param name="handle">The user's handler.</param>
/// <param name="slots">Bounds how many records the consumer handles at the same time.</param>
/// <param name="log">Logs the exceptions that the handler throws.</param>
/// <param name="giveBack">Called with the indices of records that will not be handled.</param>
sealed class SingleRecords(
    LeasedBatch batch,
    Func<BufferedRecord<ConveyorRecord>, CancellationToken, Task<RecordResult>> handle,
    SemaphoreSlim slots,
    ILoggingAdapter log,
    Action<int[]> giveBack
)
{
    static readonly RecordResult Behind = RecordResult.Returned(
        "a record of its source before it was returned",
        charge: false
    );

    readonly RecordResult?[] results = new RecordResult?[batch.Count];
    readonly int[] taken = new int[batch.Count]; // 1: taken, to be handled or returned

    /// <summary>Handles all records, and returns their results; null for those that were returned unhandled.</summary>
    /// <param name="keepOrder">Whether the records of a source are handled one after the other.</param>
    /// <param name="isEnding">Cancelled when no further record should be begun.</param>
    /// <param name="cancellationToken">Cancelled when the handling of records already begun should end, too.</param>
    public async Task<IReadOnlyList<RecordResult?>> HandleAsync(
        bool keepOrder,
        CancellationToken isEnding,
        CancellationToken cancellationToken
    )
    {
        var ending = isEnding.UnsafeRegister(static records => ((SingleRecords)records!).GiveBackRest(), this);
        var indices = Enumerable.Range(0, batch.Count);
        var runs = keepOrder
            ? indices
                .GroupBy(i => batch.Records[i].SourceId, StringComparer.Ordinal)
                .Select(g => RunAsync([.. g], isEnding, cancellationToken))
            : indices.Select(i => RunAsync([i], isEnding, cancellationToken));
        await Task.WhenAll(runs.ToArray()).ConfigureAwait(false);
        // A cancelled token calls the callback registered last first. So all records that waited for their turn may
        // have ended before the callback that returns them has run; they are then returned here.
        await ending.DisposeAsync().ConfigureAwait(false);
        GiveBackRest();
        return results;
    }

    bool TryTake(int index) => Interlocked.Exchange(ref taken[index], 1) == 0;

    void GiveBackRest()
    {
        int[] left = [.. Enumerable.Range(0, batch.Count).Where(TryTake)];
        if (left.Length > 0)
            giveBack(left);
    }

    /// <summary>Handles records one after the other. The records behind a returned one are returned too.</summary>
    async Task RunAsync(int[] run, CancellationToken isEnding, CancellationToken cancellationToken)
    {
        var isBehind = false;
        foreach (var i in run)
        {
            if (isBehind)
            {
                if (TryTake(i))
                    results[i] = Behind;
                continue;
            }
            if (!await BatchHandlers.TryEnterAsync(slots, isEnding).ConfigureAwait(false))
                return; // the caller returns the rest
            try
            {
                if (!TryTake(i))
                    return;
                results[i] = await HandleOneAsync(batch.Records[i], isEnding, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
            isBehind = results[i] is RecordResult.ReturnedResult;
        }
    }

    async Task<RecordResult> HandleOneAsync(
        BufferedRecord<ConveyorRecord> record,
        CancellationToken isEnding,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await (
                    handle(record, cancellationToken)
                    ?? throw new InvalidOperationException(
                        "The handler returned null; it must return a Task<RecordResult>."
                    )
                ).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The handler returned null; it must return a RecordResult.");
        }
        catch (OperationCanceledException) when (isEnding.IsCancellationRequested)
        {
            return BatchHandlers.Cancelled;
        }
        catch (Exception failure)
        {
            ConsumerEvents.LogHandlerFailed(log, record, failure);
            return RecordResult.Returned(ExceptionMessage.Read(failure));
        }
    }
}
