namespace ConveyorActors.Hosting.Consuming;

/// <summary>A consumer that handles one record at a time: a class with one method.</summary>
/// <remarks>
/// A record is done when <see cref="HandleAsync"/> returns, and completed when its lease is. A record whose handling
/// throws is returned: tried again after a backoff, and a dead letter when its retries are used up, or at once for a
/// <see cref="DeadLetterException"/>. The records of its source that come after it in the lease go back untried and
/// uncharged, so that the order within a source is kept. If the process dies, the records of its leases come again: at
/// least once. With several <see cref="Options.ConsumerOptions.Workers"/> the method is called from several threads.
/// </remarks>
public abstract class BufferConsumer : StageConsumer
{
    /// <summary>Handles one record.</summary>
    /// <param name="record">The record, with its source, its retry count and its sequence number.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the host's time to shut down, or <see cref="Options.ConsumerOptions.HandlingTimeout"/>, is over.
    /// </param>
    protected abstract ValueTask HandleAsync(
        BufferedRecord<ConveyorRecord> record,
        CancellationToken cancellationToken
    );

    private protected sealed override async ValueTask HandleLeaseAsync(
        LeasedBatch batch,
        LeaseSettler settler,
        CancellationToken cancellationToken
    )
    {
        var handled = new HandledRecords(batch.Count);
        foreach (var record in batch.Records)
        {
            if (cancellationToken.IsCancellationRequested || handled.IsHeld(record.SourceId))
            {
                handled.Untried.Add(record.Sequence);
                continue;
            }
            try
            {
                await HandleAsync(record, cancellationToken).ConfigureAwait(false);
                handled.Completed.Add(record.Sequence);
            }
            catch (OperationCanceledException) when (IsOutOfTime)
            {
                handled.Untried.Add(record.Sequence);
            }
            catch (DeadLetterException failure)
            {
                HostingLog.DeadLettered(
                    Parts.Logger,
                    Parts.Name,
                    record.Sequence,
                    record.SourceId,
                    Parts.Pipeline,
                    Parts.Stage,
                    failure.Message
                );
                handled.DeadLettered.Add((record.Sequence, failure.Message));
            }
            catch (Exception failure)
            {
                HostingLog.RecordFailed(
                    Parts.Logger,
                    failure,
                    Parts.Name,
                    record.Sequence,
                    record.SourceId,
                    Parts.Pipeline,
                    Parts.Stage,
                    record.RetryCount
                );
                handled.Fail(record, failure.Message);
            }
        }
        await handled.SettleAsync(settler, batch.Count).ConfigureAwait(false);
    }
}
