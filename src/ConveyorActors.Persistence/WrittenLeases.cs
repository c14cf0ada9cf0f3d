using ConveyorActors.Buffers.Service;
using ConveyorActors.Persistence.Writing;

namespace ConveyorActors.Persistence;

/// <summary>
/// Leases only records that are in the journal. A process that was suspended may still offer and lease records of a
/// pipeline that another process has taken over. A consumer would then get a record that was never written, before an
/// earlier one of its source that the other process has.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="engine">The pipeline's engine.</param>
/// <param name="store">The engine's store.</param>
/// <param name="leaseClock">The clock of the leases' deadlines.</param>
/// <param name="clock">The clock that waits are measured by.</param>
sealed class WrittenLeases(IBufferService engine, JournalStore store, TimeProvider leaseClock, TimeProvider clock)
{
    const string NotWritten = "not in the journal yet";

    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Leases records that are written, and waits for the write of those that are being written.</summary>
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken
    )
    {
        var leasing = engine.GetBatchAsync(pipeline, stage, request, cancellationToken);
        return leasing.IsCompletedSuccessfully && leasing.Result is var batch && IsWritten(batch)
            ? new(batch)
            : WaitAsync(leasing, pipeline, stage, request, cancellationToken);
    }

    bool IsWritten(LeasedBatch batch)
    {
        var last = 0L;
        for (var i = 0; i < batch.Records.Count; i++)
            last = Math.Max(last, batch.Records[i].Sequence);
        return last == 0 || store.IsWritten(batch.Stage, last);
    }

    async ValueTask<LeasedBatch> WaitAsync(
        ValueTask<LeasedBatch> leasing,
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var batch = await leasing.ConfigureAwait(false);
            if (IsWritten(batch))
                return batch;
            try
            {
                // The consumer must have time left to process the records.
                var most = (batch.Deadline - leaseClock.GetUtcNow()) / 2;
                if (
                    most > TimeSpan.Zero
                    && await store
                        .FlushAsync()
                        .WaitAsync(LimitTime(most), clock, cancellationToken)
                        .ConfigureAwait(false)
                )
                    return batch;
            }
            catch (TimeoutException)
            {
                // The journal is slow. The records are returned uncharged, before their lease expires and charges them.
            }
            catch (OperationCanceledException)
            {
                await ReturnAsync(pipeline, batch).ConfigureAwait(false);
                throw;
            }
            await ReturnAsync(pipeline, batch).ConfigureAwait(false);
            if (!request.Wait || store.IsLost)
                return new(0, stage, batch.Deadline, []);
            await Task.Delay(RetryAfter, clock, cancellationToken).ConfigureAwait(false);
            leasing = engine.GetBatchAsync(pipeline, stage, request, cancellationToken);
        }
    }

    static TimeSpan LimitTime(TimeSpan time) => time < TimeSpan.FromDays(1) ? time : TimeSpan.FromDays(1);

    async ValueTask ReturnAsync(string pipeline, LeasedBatch batch)
    {
        try
        {
            await engine
                .ReturnToBufferAsync(pipeline, batch.Stage, batch.Id, null, NotWritten, charge: false)
                .ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The pipeline was handed over meanwhile. Its next process has the records that were written.
        }
    }
}
