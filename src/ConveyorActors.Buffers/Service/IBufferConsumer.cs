namespace ConveyorActors.Buffers.Service;

/// <summary>The consumer's part of the port: leases, and what becomes of the records in them.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for what holds for all parts.</remarks>
public interface IBufferConsumer
{
    /// <summary>
    /// Leases up to <see cref="BatchRequest.Max"/> records. Waits until there is one when
    /// <see cref="BatchRequest.Wait"/> is set; an empty batch then means that the pipeline has stopped.
    /// </summary>
    ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    );

    /// <summary>Settles records of a lease as done.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the lease.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">Which of its records; null: all that are still open.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Gives failed records back to the head of their sources' queues.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the lease.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">Which of its records; null: all that are still open.</param>
    /// <param name="reason">Why; kept with a dead letter.</param>
    /// <param name="charge">
    /// True: counts as a retry, with backoff. False: the record was not tried; it is available again at once.
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
    /// Puts records of a lease among the stage's dead letters at once, whatever retries they have left.
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
    /// Completes records of a lease, all of one source, and offers their results to another stage, as one step.
    /// Completes when the last result is in the target stage. Cancelling ends the wait, not the hop. Results of one
    /// source arrive in the order of the calls.
    /// </summary>
    /// <remarks>
    /// Waiting holds a consumer back as long as the next stage has no room. It must not be the consumer that would make
    /// the room: in a cycle of stages that multiplies its records, each may wait for the other for ever; and where
    /// bytes are bounded, a single result larger than all that is free may need bytes that the stage's own next records
    /// hold. Use <see cref="StartHopAsync"/> there, or go on leasing while this waits.
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
    /// Tells that the consumer of a lease has died: what is still open goes back at once, as if the deadline had
    /// passed. One open record is charged a retry. Several are not, and their sources' records come in smaller leases,
    /// until a lease of one record fails: that record is what consumers die of.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the lease.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="reason">What happened; kept with a dead letter.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Tells that a consumer that held several leases of a stage has died. They are judged together, since each of the
    /// open records may be what it died of: one that is open alone is charged, several are not.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that gave the leases.</param>
    /// <param name="leases">
    /// The leases' ids. Those that are not open are passed over; when none is, the result says so.
    /// </param>
    /// <param name="reason">What happened; kept with a dead letter.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// The same step as <see cref="HopAsync"/>, completing once the records are settled: the results that found no room
    /// (<see cref="SettleResult.Waiting"/>) go over by themselves as there is room, in order and before any new offer.
    /// </summary>
    /// <remarks>
    /// No limit, however small, can stop it, in cycles of stages that multiply their records neither. What waits is
    /// held beside the limits: a consumer that never looks at <see cref="SettleResult.Waiting"/> can pile it up.
    /// </remarks>
    /// <exception cref="NotSupportedException">The implementation knows only the hop that waits.</exception>
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

    /// <summary>Moves a lease's deadline to the lease timeout from now.</summary>
    ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    );
}
