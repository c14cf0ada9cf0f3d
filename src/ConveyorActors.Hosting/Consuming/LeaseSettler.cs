namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// Settles the records of one lease. A call that fails is repeated, because settling a record twice has the effect of
/// settling it once. After a call has failed at all its attempts, the later calls of the lease are tried once.
/// </summary>
sealed class LeaseSettler(ConsumerParts parts, LeasedBatch batch)
{
    const int MaxRetries = 8;

    volatile bool hasGivenUp,
        isUncertain; // a call that failed may have settled records
    int settled;

    /// <summary>Gets the number of records that no call of this class is known to have settled.</summary>
    public int OpenAtMost => batch.Count - Volatile.Read(ref settled);

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
    /// <returns>The number of records that were still open, and come again.</returns>
    public async Task<int> AbandonAsync(string reason)
    {
        var open = OpenAtMost;
        var isRepeated = false;
        var result = await CallAsync(
                null,
                c => parts.Buffers.AbandonAsync(parts.Pipeline, parts.Stage, batch.Id, reason, c),
                default,
                () => isRepeated = true
            )
            .ConfigureAwait(false);
        // A lease that is over by its deadline, or by an attempt whose result was lost, has returned its open records.
        return result.IsOk ? result.Settled
            : isRepeated || result.Status == SettleStatus.LeaseExpired ? open
            : 0;
    }

    async Task<SettleResult> CallAsync(
        IReadOnlyList<long>? sequences,
        Func<CancellationToken, ValueTask<SettleResult>> settle,
        CancellationToken cancellationToken,
        Action? repeating = null
    )
    {
        if (sequences is { Count: 0 })
            return new(SettleStatus.Ok, 0);
        for (var failures = 0; ; failures++)
        {
            try
            {
                var result = await settle(cancellationToken).ConfigureAwait(false);
                Interlocked.Add(ref settled, result.Settled);
                if (!result.IsOk && failures == 0 && IsUnexpected(result.Status, sequences))
                    HostingLog.NotSettled(
                        parts.Logger,
                        parts.Name,
                        batch.Id,
                        parts.Pipeline,
                        parts.Stage,
                        $"the stage replied {result.Status}"
                    );
                return result;
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
                isUncertain = true;
                if (hasGivenUp || failures == MaxRetries)
                {
                    hasGivenUp = true;
                    throw;
                }
                repeating?.Invoke();
                await Task.Delay(ConsumerParts.DelayAfter(failures), parts.Clock, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                isUncertain = true;
                throw;
            }
        }
    }

    /// <summary>
    /// Returns whether a lease that is over was expected to have records to settle. All that are open (null) may be
    /// none, if earlier calls have settled them.
    /// </summary>
    bool IsUnexpected(SettleStatus status, IReadOnlyList<long>? sequences) =>
        sequences is not null || status == SettleStatus.LeaseExpired || OpenAtMost > 0 && !isUncertain;
}
