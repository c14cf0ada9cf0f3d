using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

/// <summary>Provides shorter forms of the manager's calls.</summary>
public static class BufferManagerExtensions
{
    /// <summary>
    /// Offers one record that is already wrapped as a <see cref="BufferedRecord{T}"/>; its source and target stage are
    /// used.
    /// </summary>
    /// <exception cref="ArgumentException">The record names another pipeline or another stage.</exception>
    public static OfferResult BufferForStage<T>(
        this BufferManager<T> manager,
        string stage,
        BufferedRecord<T> record
    ) => manager.Parts.Offers.BufferForStage(stage, record);

    /// <summary>Offers one record as the overload without a level does, and completes at the given level.</summary>
    /// <exception cref="InvalidOperationException">
    /// The level is <see cref="AckLevel.Persisted"/> and the manager keeps nothing on disk.
    /// </exception>
    public static ValueTask<OfferResult> BufferForStageAsync<T>(
        this BufferManager<T> manager,
        string stage,
        string source,
        T record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => manager.Parts.WaitingOffers.BufferForStageAsync(stage, source, record, ackLevel, credits, cancellationToken);

    /// <summary>
    /// Offers records, in order, as the overload without a level does, and completes at the given level.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The level is <see cref="AckLevel.Persisted"/> and the manager keeps nothing on disk.
    /// </exception>
    public static ValueTask<OfferResult> BufferBatchForStageAsync<T>(
        this BufferManager<T> manager,
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) =>
        manager.Parts.WaitingOffers.BufferBatchForStageAsync(
            stage,
            source,
            records,
            ackLevel,
            credits,
            cancellationToken
        );

    /// <summary>
    /// Leases up to <paramref name="max"/> records of a stage, serving its sources in turn. The lease is empty when no
    /// record is available.
    /// </summary>
    public static Lease<T> GetBatch<T>(this BufferManager<T> manager, string stage, int max) =>
        manager.Parts.Leases.GetBatch(stage, Amounts.ValidateRecords(max, nameof(max)));

    /// <summary>
    /// Leases up to <paramref name="max"/> records of a stage, waiting until there is one. An empty lease means that the
    /// manager has stopped. Cancelling loses no record.
    /// </summary>
    public static ValueTask<Lease<T>> GetBatchAsync<T>(
        this BufferManager<T> manager,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => manager.Parts.Leases.GetBatchAsync(stage, Amounts.ValidateRecords(max, nameof(max)), cancellationToken);

    /// <summary>Completes all open records of a lease.</summary>
    public static SettleResult Complete<T>(this BufferManager<T> manager, Lease<T> lease) =>
        manager.Parts.Leases.Complete(lease);

    /// <summary>Returns all open records of a lease to the head of their sources' queues.</summary>
    /// <param name="manager">The manager.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="reason">The reason; kept with a dead letter.</param>
    /// <param name="charge">
    /// True: the return counts as a retry, with backoff. False: the records were not tried and are available again at
    /// once.
    /// </param>
    public static SettleResult ReturnToBuffer<T>(
        this BufferManager<T> manager,
        Lease<T> lease,
        string reason,
        bool charge = true
    ) => manager.Parts.Leases.ReturnToBuffer(lease, reason, charge);

    /// <summary>
    /// Returns records to the stage they were leased from, with the reason "returned". Records whose lease is no longer
    /// open are left alone, also if another consumer holds them by now.
    /// </summary>
    public static SettleResult ReturnToBuffer<T>(
        this BufferManager<T> manager,
        string stage,
        IEnumerable<BufferedRecord<T>> failed
    ) => manager.Parts.Leases.ReturnToBuffer(stage, failed, "returned");

    /// <summary>
    /// Returns records to the stage they were leased from. Records whose lease is no longer open are left alone, also
    /// if another consumer holds them by now.
    /// </summary>
    /// <param name="manager">The manager.</param>
    /// <param name="stage">The stage they were leased from.</param>
    /// <param name="failed">The records, as the lease gave them.</param>
    /// <param name="reason">The reason; kept with a dead letter.</param>
    public static SettleResult ReturnToBuffer<T>(
        this BufferManager<T> manager,
        string stage,
        IEnumerable<BufferedRecord<T>> failed,
        string reason
    ) => manager.Parts.Leases.ReturnToBuffer(stage, failed, reason);

    /// <summary>
    /// Returns the free room of the manager or of the source, whichever is less, in records. Never negative.
    /// </summary>
    public static long AvailableCredits<T>(this BufferManager<T> manager, string source) =>
        manager.Parts.Sources.AvailableCredits(source);

    /// <summary>Gets the calls of the port.</summary>
    internal static PortCalls<T> GetPort<T>(this BufferManager<T> manager) => new(manager.Parts);
}
