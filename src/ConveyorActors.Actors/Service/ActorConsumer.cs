using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>Leases records of pipelines by commands to actors, and settles them.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ActorConsumer(ActorCalls calls) : IBufferConsumer
{
    public async ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    )
    {
        Amounts.Validate(request);
        var command = new GetBatch(Names.Validate(pipeline), Names.Validate(stage), request)
        {
            Wait = Guid.NewGuid(),
            Owner = calls.Client,
        };
        return (await calls.WaitAsync<Leased>(command, stage, null, cancellationToken).ConfigureAwait(false)).Batch;
    }

    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        calls.SettleAsync(
            new Complete(Names.Validate(pipeline), Names.Validate(stage), lease, sequences),
            cancellationToken
        );

    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        calls.SettleAsync(
            new ReturnToBuffer(Names.Validate(pipeline), Names.Validate(stage), lease, sequences, reason, charge),
            cancellationToken
        );

    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        calls.SettleAsync(
            new DeadLetterRecords(Names.Validate(pipeline), Names.Validate(stage), lease, sequences, reason),
            cancellationToken
        );

    public async ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    )
    {
        var hop = new Hop(
            Names.Validate(pipeline),
            Names.Validate(stage),
            lease,
            sequences,
            Names.Validate(targetStage),
            CopyResults(targetStage, results)
        );
        // waits as long as the results wait for room
        return (await calls.AskAsync<Settled>(hop, null, cancellationToken).ConfigureAwait(false)).Result;
    }

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => AbandonAsync(pipeline, stage, [lease], reason, cancellationToken);

    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(leases);
        return calls.SettleAsync(
            new Abandon(Names.Validate(pipeline), Names.Validate(stage), [.. leases], reason),
            cancellationToken
        );
    }

    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        calls.SettleAsync(
            new Hop(
                Names.Validate(pipeline),
                Names.Validate(stage),
                lease,
                sequences,
                Names.Validate(targetStage),
                CopyResults(targetStage, results)
            )
            {
                WaitForResults = false,
            },
            cancellationToken
        );

    ConveyorRecord[] CopyResults(string targetStage, ReadOnlyMemory<ConveyorRecord> results)
    {
        var given = SentRecords.Copy(results);
        return SentRecords.FindTooLarge(given, calls.MaxRecordBytes) is { } large
            ? throw WireSize.CreateTooLargeError(
                large,
                $"among the results for stage '{targetStage}'",
                calls.MaxRecordBytes
            )
            : given;
    }

    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => calls.SettleAsync(new Renew(Names.Validate(pipeline), Names.Validate(stage), lease), cancellationToken);
}
