using System.Collections;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers;

/// <summary>
/// Records handed to a consumer until a deadline. They are in flight until completed, returned or expired.
/// </summary>
/// <remarks>
/// Any thread may read it while it is open. Once all its records are settled by its consumer it is empty: its memory is
/// used again. A lease that passed its deadline stays readable.
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
    /// The first of the leases that one consumer took while it held another
    /// (<see cref="Service.BatchRequest.HeldLease"/>); the lease itself, if there is no other. The sources of all of
    /// them are held by this one.
    /// </summary>
    internal Lease<T> Root => first ?? this;

    /// <summary>
    /// Whether a queue that is held by this lease may have records for its consumer alone, and is not in the round.
    /// </summary>
    internal bool HasMore { get; set; }

    /// <summary>
    /// Whether a further request of this lease's consumer got nothing, because the records of a source come in smaller
    /// leases for now. It is tried again once that may have changed.
    /// </summary>
    internal bool IsLimited { get; set; }

    /// <summary>
    /// How many records the consumer held when another of its leases failed; 0: none has failed. The records of this
    /// lease may have caused that, too.
    /// </summary>
    internal int FailedWith { get; set; }

    /// <summary>
    /// A record was given back without having been tried: that the lease is settled proves nothing of it.
    /// </summary>
    internal bool HasUntried { get; set; }

    internal void SetRoot(Lease<T> root) => first = root;

    internal LeasedRecords<T> Leased { get; set; }

    internal int Open { get; set; }

    internal long LeasedAt { get; }

    internal long DeadlineMs { get; set; }

    internal LeaseState State { get; set; }

    /// <summary>Neighbours in the stage's list of leases, by deadline.</summary>
    internal Lease<T>? Earlier,
        Later;

    /// <summary>Never repeats, not in another stage or manager and not after a restart; 0 for an empty lease.</summary>
    public long Id { get; }

    /// <summary>Who holds it, when the consumer gave a name.</summary>
    public string? Consumer { get; }

    /// <summary>The stage that gave it.</summary>
    public string StageId => Owner?.StageId ?? "";

    /// <summary>When its records go back by themselves.</summary>
    public DateTimeOffset Deadline => Owner is null ? default : Owner.DateOf(DeadlineMs);

    /// <summary>How many records; 0 once all are settled by the consumer.</summary>
    public int Count { get; internal set; }

    /// <summary>One record with all that is known of it.</summary>
    public BufferedRecord<T> this[int index]
    {
        get
        {
            Check(index);
            var leased = Leased;
            ref readonly var run = ref leased.RunOf(index);
            var common = run.Run;
            return new(
                leased[index],
                run.Queue.SourceId,
                Owner!.PipelineId,
                Owner.StageId,
                Owner.DateOf(common.BufferedAt),
                common.Retries,
                common.First + index - run.Start
            )
            {
                LeaseId = Id,
            };
        }
    }

    /// <summary>Only the user's record: cheaper than the indexer where the rest is not needed.</summary>
    public T RecordAt(int index)
    {
        Check(index);
        return Leased[index];
    }

    /// <summary>The sequences of its records, in order.</summary>
    public IReadOnlyList<long> Sequences
    {
        get
        {
            var sequences = new long[Count];
            for (var i = 0; i < sequences.Length; i++)
                sequences[i] = Leased.SequenceAt(i);
            return sequences;
        }
    }

    void Check(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
    }

    internal static Lease<T> Empty { get; } = new(null, 0, new(0), 0, 0, null);

    /// <summary>Enumerates without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<BufferedRecord<T>> IEnumerable<BufferedRecord<T>>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Walks over a lease's records.</summary>
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
