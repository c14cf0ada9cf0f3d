namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The base class of a consumer that handles one record at a time. A derived class implements one method.
/// </summary>
/// <remarks>
/// A record is handled when <see cref="HandleAsync"/> returns, and completed together with its lease. If handling a
/// record throws, the record is returned: it is tried again after a backoff, and becomes a dead letter when its retries
/// are used up, or at once for a <see cref="DeadLetterException"/>. Later records of the same source in the lease are
/// returned untried and uncharged, so that the order within a source is kept. If the process dies, the records of its
/// leases are leased again (at-least-once delivery). With several <see cref="Options.ConsumerOptions.Workers"/> the
/// method is called from several threads.
/// </remarks>
public abstract class BufferConsumer : StageConsumer
{
    /// <summary>Handles one record.</summary>
    /// <param name="record">The record, with its source, its retry count and its sequence number.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the host's shutdown timeout or <see cref="Options.ConsumerOptions.HandlingTimeout"/> has passed.
    /// </param>
    protected abstract ValueTask HandleAsync(
        BufferedRecord<ConveyorRecord> record,
        CancellationToken cancellationToken
    );

    private protected sealed override async ValueTask HandleLeaseAsync(
        LeasedBatch batch,
        LeaseSettler settler,
        ConsumerSpan span,
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
                span.Fail(failure);
                var reason = ExceptionMessage.Read(failure);
                HostingLog.DeadLettered(
                    Parts.Logger,
                    Parts.Name,
                    record.Sequence,
                    record.SourceId,
                    Parts.Pipeline,
                    Parts.Stage,
                    reason
                );
                handled.DeadLettered.Add((record.Sequence, reason));
            }
            catch (Exception failure)
            {
                span.Fail(failure);
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
                handled.Fail(record, ExceptionMessage.Read(failure));
            }
        }
        await handled.SettleAsync(settler, batch.Count).ConfigureAwait(false);
    }
}
