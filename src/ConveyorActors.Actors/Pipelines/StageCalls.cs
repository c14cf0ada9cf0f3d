using Akka.Event;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Executes the commands to one stage as calls to the pipeline's buffers.</summary>
sealed class StageCalls(PipelineContext shared, string stage)
{
    string Pipeline => shared.Pipeline;

    IBufferService Buffers => shared.Buffers;

    public ValueTask<OfferResult> OfferAsync(BufferForStage m, CancellationToken cancellationToken) =>
        m.AckLevel == AckLevel.Buffered
            ? Buffers.BufferForStageAsync(Pipeline, stage, m.Source, m.Record, m.Credits, cancellationToken)
            : Buffers.BufferForStageAsync(
                Pipeline,
                stage,
                m.Source,
                m.Record,
                shared.Validate(m.AckLevel),
                m.Credits,
                cancellationToken
            );

    public ValueTask<OfferResult> OfferAsync(BufferBatchForStage m, CancellationToken cancellationToken) =>
        m.AckLevel == AckLevel.Buffered
            ? Buffers.BufferBatchForStageAsync(Pipeline, stage, m.Source, m.Records, m.Credits, cancellationToken)
            : Buffers.BufferBatchForStageAsync(
                Pipeline,
                stage,
                m.Source,
                m.Records,
                shared.Validate(m.AckLevel),
                m.Credits,
                cancellationToken
            );

    public ValueTask<OfferResult> OfferOnceAsync(
        BufferBatchForStage m,
        OfferId id,
        CancellationToken cancellationToken
    ) =>
        Buffers.OfferOnceAsync(
            Pipeline,
            stage,
            m.Source,
            m.Records,
            id,
            shared.Validate(m.AckLevel),
            m.Credits,
            cancellationToken
        );

    /// <summary>Leases records, at most as many as fit into a message to the consumer's node.</summary>
    public ValueTask<LeasedBatch> LeaseAsync(GetBatch m, IActorRef sender, CancellationToken cancellationToken)
    {
        var bytes =
            m.MaxBytes > 0 ? m.MaxBytes
            : sender is IActorRefScope { IsLocal: false } ? shared.WireBytes
            : int.MaxValue;
        var request = AddConsumerName(m, sender);
        return bytes == int.MaxValue
            ? Buffers.GetBatchAsync(Pipeline, stage, request, cancellationToken)
            : LeaseFitting.LeaseAsync(Buffers, Pipeline, stage, request, bytes, cancellationToken);
    }

    /// <summary>Settles records of a lease; null: the command settles none.</summary>
    public (long Lease, ValueTask<SettleResult> Result)? Settle(IStageCommand command) =>
        command switch
        {
            Complete m => (m.Lease, Buffers.CompleteAsync(Pipeline, stage, m.Lease, m.Sequences)),
            CompleteWithCheckpoint m => (
                m.Lease,
                Buffers.CompleteAsync(Pipeline, stage, m.Lease, m.Sequences, m.Checkpoint)
            ),
            ReturnToBuffer m => (
                m.Lease,
                Buffers.ReturnToBufferAsync(Pipeline, stage, m.Lease, m.Sequences, m.Reason, m.Charge)
            ),
            DeadLetterRecords m => (m.Lease, Buffers.DeadLetterAsync(Pipeline, stage, m.Lease, m.Sequences, m.Reason)),
            Hop { WaitForResults: false } m => (
                m.Lease,
                Buffers.StartHopAsync(Pipeline, stage, m.Lease, m.Sequences, m.TargetStage, m.Results)
            ),
            Hop m => (m.Lease, Buffers.HopAsync(Pipeline, stage, m.Lease, m.Sequences, m.TargetStage, m.Results)),
            Renew m => (m.Lease, Buffers.RenewAsync(Pipeline, stage, m.Lease)),
            _ => null,
        };

    public ValueTask<SettleResult> AbandonAsync(Abandon m) => Buffers.AbandonAsync(Pipeline, stage, m.Leases, m.Reason);

    /// <summary>
    /// Returns leases that their consumer will not settle, and returns their number. A failure is logged: the leases
    /// then expire at their deadlines.
    /// </summary>
    public async ValueTask<int> GiveBackAsync(
        IReadOnlyList<long> leases,
        string reason,
        bool hasFailed,
        ILoggingAdapter log
    )
    {
        try
        {
            if (hasFailed && leases.Count > 0)
                await Buffers.AbandonAsync(Pipeline, stage, leases, reason).ConfigureAwait(false);
            foreach (var lease in hasFailed ? [] : leases)
                await Buffers
                    .ReturnToBufferAsync(Pipeline, stage, lease, null, reason, charge: false)
                    .ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            log.Warning(
                failure,
                "Leases {0} of stage '{1}' did not go back ({2}); they do at their deadlines.",
                string.Join(", ", leases),
                stage,
                reason
            );
        }
        return leases.Count;
    }

    // Fills in the consumer's name for diagnosis if the consumer has given none, including its node if that is another
    // one.
    static BatchRequest AddConsumerName(GetBatch request, IActorRef sender)
    {
        if (request.Request.Consumer is not null || WaitOwners.FindOwner(request, sender) is not { } consumer)
            return request.Request;
        var isElsewhere = consumer.Path.Address.HasGlobalScope;
        if (request.Owner is not null && !isElsewhere)
            return request.Request;
        return request.Request with
        {
            Consumer = isElsewhere ? consumer.Path.ToStringWithAddress() : consumer.Path.ToStringWithoutAddress(),
        };
    }
}
