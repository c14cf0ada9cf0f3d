namespace ConveyorActors.Buffers.Service;

/// <summary>Leases records of the managers of this process, and settles them.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EmbeddedConsumer(EmbeddedManagers managers) : IBufferConsumer
{
    public ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    )
    {
        if (!request.Wait)
            return new(CopyLease(managers.Find(pipeline).GetBatch(stage, request), stage));
        var leasing = managers.Get(pipeline).GetBatchAsync(stage, request, cancellationToken);
        return leasing.IsCompletedSuccessfully ? new(CopyLease(leasing.Result, stage)) : WaitAsync(leasing, stage);

        static async ValueTask<LeasedBatch> WaitAsync(ValueTask<Lease<ConveyorRecord>> leasing, string stage) =>
            CopyLease(await leasing.ConfigureAwait(false), stage);
    }

    // The lease's memory is reused once the lease is settled, so the caller of the port gets a copy to keep.
    static LeasedBatch CopyLease(Lease<ConveyorRecord> lease, string stage) =>
        new(lease.Id, stage, lease.Deadline, lease.Count == 0 ? [] : new CopiedRecords<ConveyorRecord>(lease));

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) => new(managers.FindForSettling(pipeline).GetPort().Complete(stage, lease, sequences));

    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetPort().ReturnToBuffer(stage, lease, sequences, reason, charge));

    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) => new(managers.FindForSettling(pipeline).GetPort().DeadLetter(stage, lease, sequences, reason));

    public ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    )
    {
        RecordArguments.Validate(results.Span, nameof(results));
        return managers
            .FindForSettling(pipeline)
            .GetPort()
            .HopAsync(stage, lease, sequences, targetStage, results, cancellationToken);
    }

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetPort().Abandon(stage, [lease], reason));

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(leases);
        return new(managers.Find(pipeline).GetPort().Abandon(stage, [.. leases], reason));
    }

    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    )
    {
        RecordArguments.Validate(results.Span, nameof(results));
        return new(managers.FindForSettling(pipeline).GetPort().Hop(stage, lease, sequences, targetStage, results));
    }

    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetPort().Renew(stage, lease));
}
