using System.Runtime.ExceptionServices;
using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Settles the records of a lease with their results. A call that fails is repeated; settling twice has the effect of
/// settling once.
/// </summary>
sealed class LeaseSettling(IBufferService service, BufferConsumerSettings settings, ILoggingAdapter log)
{
    const int MaxRetries = 8;

    public Task AbandonAsync(LeasedBatch batch, string reason) =>
        CallAsync(batch, () => service.AbandonAsync(settings.Pipeline, settings.Stage, batch.Id, reason));

    /// <summary>Returns records that were not handled.</summary>
    public async Task GiveBackAsync(LeasedBatch batch, int[] indices)
    {
        await Task.Yield(); // the code that ends a run does not wait for the service
        long[] sequences = [.. indices.Select(i => batch.Records[i].Sequence)];
        var result = (RecordResult.ReturnedResult)BatchHandlers.NotBegun;
        try
        {
            await CallAsync(
                    batch,
                    () =>
                        service.ReturnToBufferAsync(
                            settings.Pipeline,
                            settings.Stage,
                            batch.Id,
                            sequences,
                            result.Reason,
                            result.Charge
                        )
                )
                .ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            ConsumerEvents.LogNotSettled(log, settings, batch.Id, ExceptionMessage.Read(failure));
        }
    }

    /// <summary>
    /// Settles the records of a lease. Records without a result were returned before. A failure to settle some records
    /// does not keep the others from being settled.
    /// </summary>
    /// <exception cref="Exception">Some records could not be settled: the first failure.</exception>
    public async Task SettleAsync(LeasedBatch batch, IReadOnlyList<RecordResult?> results)
    {
        if (results.All(static r => r is RecordResult.CompletedResult))
        {
            await CallAsync(batch, () => service.CompleteAsync(settings.Pipeline, settings.Stage, batch.Id))
                .ConfigureAwait(false);
            return;
        }
        var settled = Enumerable
            .Range(0, batch.Count)
            .Where(i => results[i] is not null)
            .GroupBy(i => GetKey(results[i]!, batch.Records[i]))
            .Select(g => (g.Key, Indices: g.ToArray()));
        ExceptionDispatchInfo? firstFailure = null;
        // The records to return come first, so that they do not wait until a hop's results find room.
        foreach (var (key, indices) in settled.OrderBy(s => s.Key.Result is RecordResult.HoppedResult))
        {
            try
            {
                var call = CreateCall(batch, key.Result, indices, results);
                await CallAsync(batch, call, firstFailure is null ? MaxRetries : 0).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                firstFailure ??= ExceptionDispatchInfo.Capture(failure);
            }
        }
        firstFailure?.Throw();
    }

    /// <summary>Returns the call that settles records with the same result.</summary>
    Func<ValueTask<SettleResult>> CreateCall(
        LeasedBatch batch,
        RecordResult result,
        int[] indices,
        IReadOnlyList<RecordResult?> results
    )
    {
        var (pipeline, stage, lease) = (settings.Pipeline, settings.Stage, batch.Id);
        long[] sequences = [.. indices.Select(i => batch.Records[i].Sequence)];
        return result switch
        {
            RecordResult.ReturnedResult r => () =>
                service.ReturnToBufferAsync(pipeline, stage, lease, sequences, r.Reason, r.Charge),
            RecordResult.DeadLetteredResult r => () =>
                service.DeadLetterAsync(pipeline, stage, lease, sequences, r.Reason),
            RecordResult.HoppedResult r => () =>
                service.HopAsync(pipeline, stage, lease, sequences, r.TargetStage, CollectResults(results, indices)),
            _ => () => service.CompleteAsync(pipeline, stage, lease, sequences),
        };
    }

    /// <summary>
    /// Returns the key by which records are settled together. A hop contains records of one source only.
    /// </summary>
    static (RecordResult Result, string? Source) GetKey(RecordResult result, BufferedRecord<ConveyorRecord> record) =>
        result is RecordResult.HoppedResult hopped
            ? (new RecordResult.HoppedResult(hopped.TargetStage, NoResults), record.SourceId)
            : (result, null);

    static readonly ConveyorRecord[] NoResults = [];

    static ReadOnlyMemory<ConveyorRecord> CollectResults(IReadOnlyList<RecordResult?> results, int[] indices) =>
        indices.SelectMany(i => ((RecordResult.HoppedResult)results[i]!).Results).ToArray();

    async Task CallAsync(LeasedBatch batch, Func<ValueTask<SettleResult>> settle, int maxRetries = MaxRetries)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                var result = await settle().ConfigureAwait(false);
                if (!result.IsOk && failures == 0)
                    ConsumerEvents.LogNotSettled(log, settings, batch.Id, $"the stage replied {result.Status}");
                return;
            }
            catch (Exception failure)
                when (failure is TimeoutException or BufferServiceException && failures < maxRetries)
            {
                await Task.Delay(settings.DelayAfter(failures), settings.Clock).ConfigureAwait(false);
            }
        }
    }
}
