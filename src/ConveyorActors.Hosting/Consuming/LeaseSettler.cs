namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// Settles the records of one lease. A call that fails is repeated, because settling a record twice has the effect of
/// settling it once. After a call has failed at all its attempts, the later calls of the lease are tried once.
/// </summary>
sealed class LeaseSettler(ConsumerParts parts, LeasedBatch batch)
{
    const int MaxRetries = 8;

    volatile bool hasGivenUp;

    /// <summary>Completes records; null: all that are still open.</summary>
    public Task CompleteAsync(IReadOnlyList<long>? sequences, CancellationToken cancellationToken = default) =>
        CallAsync(
            sequences,
            c => parts.Buffers.CompleteAsync(parts.Pipeline, parts.Stage, batch.Id, sequences, c),
            cancellationToken
        );

    /// <summary>Returns records; null: all that are still open.</summary>
    public Task ReturnAsync(
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        CallAsync(
            sequences,
            c => parts.Buffers.ReturnToBufferAsync(parts.Pipeline, parts.Stage, batch.Id, sequences, reason, charge, c),
            cancellationToken
        );

    /// <summary>Dead-letters records; null: all that are still open.</summary>
    public Task DeadLetterAsync(
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        CallAsync(
            sequences,
            c => parts.Buffers.DeadLetterAsync(parts.Pipeline, parts.Stage, batch.Id, sequences, reason, c),
            cancellationToken
        );

    /// <summary>Completes records and offers their results to another stage.</summary>
    public Task HopAsync(
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken
    ) =>
        CallAsync(
            sequences,
            c => parts.Buffers.HopAsync(parts.Pipeline, parts.Stage, batch.Id, sequences, targetStage, results, c),
            cancellationToken
        );

    /// <summary>Reports that handling the lease as a whole failed.</summary>
    public Task AbandonAsync(string reason) =>
        CallAsync(null, c => parts.Buffers.AbandonAsync(parts.Pipeline, parts.Stage, batch.Id, reason, c), default);

    async Task CallAsync(
        IReadOnlyList<long>? sequences,
        Func<CancellationToken, ValueTask<SettleResult>> settle,
        CancellationToken cancellationToken
    )
    {
        if (sequences is { Count: 0 })
            return;
        for (var failures = 0; ; failures++)
        {
            try
            {
                var result = await settle(cancellationToken).ConfigureAwait(false);
                // The lease may have no record left to settle, or an earlier attempt may have taken effect.
                if (!result.IsOk && failures == 0 && sequences is not null)
                    HostingLog.NotSettled(
                        parts.Logger,
                        parts.Name,
                        batch.Id,
                        parts.Pipeline,
                        parts.Stage,
                        $"the stage replied {result.Status}"
                    );
                return;
            }
            catch (Exception failure)
                when (failure
                        is not (
                            ArgumentException
                            or OperationCanceledException
                            or ObjectDisposedException
                            or NotSupportedException
                        )
                )
            {
                if (hasGivenUp || failures == MaxRetries)
                {
                    hasGivenUp = true;
                    throw;
                }
                await Task.Delay(ConsumerParts.DelayAfter(failures), parts.Clock, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }
}
