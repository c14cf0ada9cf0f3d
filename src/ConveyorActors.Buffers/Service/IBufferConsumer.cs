namespace ConveyorActors.Buffers.Service;

/// <summary>The consumer's part of the port: leases records and settles them.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for the rules of all parts.</remarks>
public interface IBufferConsumer
{
    /// <summary>
    /// Leases up to <see cref="BatchRequest.Max"/> records. Waits until there is one when
    /// <see cref="BatchRequest.Wait"/> is set; an empty batch then means that the pipeline has stopped.
    /// </summary>
    /// <remarks>
    /// Without <see cref="BatchRequest.Wait"/> an empty batch means that no record can be leased now, although records
    /// may be pending: in flight, in a backoff, of a source that another lease holds, or in a stage that an operator
    /// holds. If only the store has records that can be leased, the call reads some of them first.
    /// </remarks>
    ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    );

    /// <summary>Completes records of a lease: they were processed and leave the buffer.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that the records were leased from.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">The sequences of the records; null: all that are still open.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Returns failed records to the head of their sources' queues.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that the records were leased from.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">The sequences of the records; null: all that are still open.</param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="charge">
    /// True: the return counts as a retry, with backoff. False: the record was not tried and is available again at
    /// once.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Moves records of a lease to the stage's dead letters at once, even if they have retries left.
    /// </summary>
    ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Completes records of a lease, all of one source, and offers their results to another stage, in one step.
    /// Completes when the last result is in the target stage. Cancelling ends the wait, not the hop. Results of one
    /// source arrive in the order of the calls. A result whose id the target stage remembers is a duplicate: it is left
    /// out and counted as refused.
    /// </summary>
    /// <remarks>
    /// The wait holds the consumer back as long as the next stage has no room. The consumer that would free the room
    /// must not wait: in a cycle of stages that multiplies its records, each consumer may wait for the other forever;
    /// and where bytes are limited, a single result larger than the free room may need bytes that the stage's own next
    /// records hold. Use <see cref="StartHopAsync"/> in these cases, or continue leasing while this call waits.
    /// </remarks>
    ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Reports that the consumer of a lease has died: open records go back at once, as if the deadline had passed. A
    /// single open record is charged a retry. Several open records are not charged; instead the records of their
    /// sources are leased in smaller leases until a lease of one record fails, which identifies the record that makes
    /// consumers die.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that the records were leased from.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Reports that a consumer that held several leases of a stage has died. The leases are judged together, since any
    /// of their open records may be the cause: if only one record is open, it is charged a retry; several are not
    /// charged.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that the records were leased from.</param>
    /// <param name="leases">
    /// The ids of the leases. Leases that are not open are skipped; if some are given and none is open, the result's status shows it.
    /// </param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Makes the same hop as <see cref="HopAsync"/> but completes once the records are settled: results that found no
    /// room (<see cref="SettleResult.Waiting"/>) move to the target stage as room becomes free, in order and before any
    /// new offer.
    /// </summary>
    /// <remarks>
    /// The hop makes progress under any limit, even in cycles of stages that multiply their records.
    /// Waiting results are held in addition to the limits: a consumer that ignores <see cref="SettleResult.Waiting"/>
    /// can accumulate them without bound.
    /// </remarks>
    /// <exception cref="NotSupportedException">The implementation supports only <see cref="HopAsync"/>.</exception>
    ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        throw new NotSupportedException(
            $"{GetType().Name} knows only the hop that waits for its results; call HopAsync."
        );

    /// <summary>
    /// Gives a lease its own duration again, from now: that of <see cref="BatchRequest.Timeout"/>, or the lease timeout
    /// of the stage when the lease was given.
    /// </summary>
    ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    );
}
