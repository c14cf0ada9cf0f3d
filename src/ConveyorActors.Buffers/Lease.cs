using System.Collections;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

/// <summary>
/// Holds records that a consumer has leased until a deadline. The records are in flight until they are completed,
/// returned or expired.
/// </summary>
/// <remarks>
/// Any thread may read a lease while it is open. Once its consumer has settled all its records the lease is empty,
/// because its memory is reused. A lease that passed its deadline stays readable.
/// </remarks>
public sealed class Lease<T> : IReadOnlyList<BufferedRecord<T>>
{
    internal Lease(
        StageContext<T>? stage,
        long id,
        LeasedRecords<T> leased,
        long leasedAt,
        long deadlineMs,
        string? consumer
    )
    {
        Owner = stage;
        Id = id;
        Leased = leased;
        LeasedAt = leasedAt;
        DeadlineMs = deadlineMs;
        DurationMs = deadlineMs - leasedAt;
        Consumer = consumer;
    }

    Lease<T>? first;

    internal enum LeaseState : byte
    {
        Open,
        Settled,
        Expired,
    }

    internal StageContext<T>? Owner { get; }

    /// <summary>
    /// Gets the first of the leases that one consumer took while it held another
    /// (<see cref="Service.BatchRequest.HeldLease"/>); the lease itself, if there is no other. The sources of all of
    /// these leases are held by the first.
    /// </summary>
    internal Lease<T> Root => first ?? this;

    /// <summary>
    /// Gets or sets whether a queue that is held by this lease may have records that only the lease's consumer may
    /// take, while the queue is not in the serving round.
    /// </summary>
    internal bool HasMore { get; set; }

    /// <summary>
    /// Gets or sets whether another request of this lease's consumer returned nothing because the records of a source
    /// are leased in smaller leases for now. The request is tried again once that may have changed.
    /// </summary>
    internal bool IsLimited { get; set; }

    /// <summary>
    /// Gets or sets the number of records the consumer held when another of its leases failed; 0: none has failed. The
    /// records of this lease may have caused the failure, too.
    /// </summary>
    internal int FailedWith { get; set; }

    /// <summary>
    /// Gets or sets whether a record was returned without having been tried: settling the lease then does not prove
    /// that the record is harmless.
    /// </summary>
    internal bool HasUntried { get; set; }

    internal void SetRoot(Lease<T> root) => first = root;

    internal LeasedRecords<T> Leased { get; set; }

    internal int Open { get; set; }

    internal long LeasedAt { get; }

    internal long DeadlineMs { get; set; }

    /// <summary>Gets the time for which the lease was given, which each renewal gives again.</summary>
    internal long DurationMs { get; }

    internal LeaseState State { get; set; }

    /// <summary>The neighbours in the stage's list of leases, by deadline.</summary>
    internal Lease<T>? Earlier,
        Later;

    /// <summary>
    /// Gets the id, which never repeats in any stage or manager, even after a restart; 0 for an empty lease.
    /// </summary>
    public long Id { get; }

    /// <summary>Gets the name of the consumer that holds the lease; null if it gave none.</summary>
    public string? Consumer { get; }

    /// <summary>Gets the stage that the records were leased from.</summary>
    public string StageId => Owner?.StageId ?? "";

    /// <summary>Gets the time at which the open records go back to the buffer.</summary>
    public DateTimeOffset Deadline => Owner is null ? default : Owner.GetDate(DeadlineMs);

    /// <summary>Gets the number of records; 0 once the consumer has settled all of them.</summary>
    public int Count { get; internal set; }

    /// <summary>Gets a record with its metadata (source, sequence, retries).</summary>
    public BufferedRecord<T> this[int index]
    {
        get
        {
            Check(index);
            var leased = Leased;
            ref readonly var run = ref leased.FindRun(index);
            var common = run.Run;
            return new(
                leased[index],
                run.Queue.SourceId,
                Owner!.PipelineId,
                Owner.StageId,
                Owner.GetDate(common.BufferedAt),
                common.Retries,
                common.First + index - run.Start
            )
            {
                LeaseId = Id,
            };
        }
    }

    /// <summary>Returns only the user's record: cheaper than the indexer if the metadata are not needed.</summary>
    public T GetRecord(int index)
    {
        Check(index);
        return Leased[index];
    }

    /// <summary>Gets the sequences of the lease's records, in order.</summary>
    public IReadOnlyList<long> Sequences
    {
        get
        {
            var sequences = new long[Count];
            for (var i = 0; i < sequences.Length; i++)
                sequences[i] = Leased.GetSequence(i);
            return sequences;
        }
    }

    void Check(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
    }

    internal static Lease<T> Empty { get; } = new(null, 0, new(0), 0, 0, null);

    /// <summary>Returns an enumerator that allocates nothing.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<BufferedRecord<T>> IEnumerable<BufferedRecord<T>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Enumerates a lease's records.</summary>
    public struct Enumerator : IEnumerator<BufferedRecord<T>>
    {
        readonly Lease<T> lease;
        int index;

        internal Enumerator(Lease<T> lease)
        {
            this.lease = lease;
            index = -1;
        }

        /// <inheritdoc/>
        public readonly BufferedRecord<T> Current => lease[index];

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++index < lease.Count;

        /// <inheritdoc/>
        public void Reset() => index = -1;

        /// <inheritdoc/>
        public readonly void Dispose() { }
    }
}
