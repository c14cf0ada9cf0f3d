using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// The members of a source's queue at a stage that do not depend on the record type, for the levels above.
/// </summary>
/// <remarks>Guarded by the stage's lock, except for <see cref="Holds"/>, which any thread may read.</remarks>
abstract class SourceQueue(string stageId, string sourceId)
{
    public string StageId { get; } = stageId;

    public string SourceId { get; } = sourceId;

    /// <summary>Gets or sets the room of the stage; null in a stage without a manager.</summary>
    public CapacityPool? StagePool { get; set; }

    /// <summary>Gets or sets the manager's state of the source; null in a stage without a manager.</summary>
    public object? SourceState { get; set; }

    public QueueCounts Counts { get; } = new();

    public int InFlight,
        Granted,
        HopRetained,
        Hopping;

    /// <summary>
    /// The number of records from before the start that are still only in the store. No record may be accepted before
    /// them.
    /// </summary>
    public int Stored;

    /// <summary>
    /// The number of accepted records at the tail that are not in memory: they are read back from the store when their
    /// turn comes. Records accepted after them are not in memory, either.
    /// </summary>
    public int Spilled;

    /// <summary>The bytes of the records counted by <see cref="Spilled"/>.</summary>
    public long SpilledBytes;

    /// <summary>The sequence up to which the store has been read.</summary>
    public long ReadUpTo;

    /// <summary>The number of refusals that were passed to the store.</summary>
    public long RefusalsRecorded;

    /// <summary>
    /// The number of hops that have taken records from here and not yet brought their results to the next stage. Later
    /// records must not overtake them.
    /// </summary>
    public int Leaving;
    public long PendingBytes,
        GrantedBytes;
    public SettleRate Rate;

    /// <summary>The first and the last of this source's waiters for room at the stage.</summary>
    public object? FirstRoomWaiter,
        LastRoomWaiter;

    long lastChange;
    int refused;

    public abstract int Buffered { get; }

    /// <summary>Gets the room taken at the stage, in records.</summary>
    public int Room => Buffered + InFlight + Granted;

    /// <summary>Gets whether the stage's fill affects the source: it has records pending here or was refused.</summary>
    public bool Holds => Buffered + InFlight + Granted + Hopping + Stored > 0 || Volatile.Read(ref refused) != 0;

    public bool WasRefused
    {
        get => refused != 0;
        set => Volatile.Write(ref refused, value ? 1 : 0);
    }

    public bool IsIdle =>
        Room == 0
        && Hopping == 0
        && Stored == 0
        && HopRetained == 0
        && Leaving == 0
        && !WasRefused
        && FirstRoomWaiter is null;

    public long LastUsed => lastChange;

    public abstract long OldestBufferedAt { get; }

    /// <summary>
    /// Adds the time since the last change, multiplied by the room taken, to the fill area. Called before each change.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void UpdateFillArea(long now)
    {
        if (now == lastChange)
            return;
        Counts.FillArea += (double)Room * (now - lastChange);
        lastChange = now;
    }

    /// <summary>
    /// Returns the fill area up to now, without changing anything, so that reading a queue leaves it idle.
    /// </summary>
    public double GetFillArea(long now) => Counts.FillArea + (double)Room * (now - lastChange);

    public void StartAt(long now) => lastChange = now;
}

/// <summary>One source's records at one stage, in order.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class SourceQueue<T>(string stageId, string sourceId) : SourceQueue(stageId, sourceId)
{
    public RecordQueue<T> Records { get; } = new();

    /// <summary>
    /// Gets or sets, under strict order, the lease that has records of this queue, or the first of several that one
    /// consumer holds together: only that consumer may lease more of the queue. Null: every consumer may.
    /// </summary>
    public Lease<T>? Holder { get; set; }

    /// <summary>Gets or sets how many more records the queue may be served in this turn.</summary>
    public int Deficit { get; set; }

    /// <summary>Gets or sets whether the queue is in the stage's round.</summary>
    public bool InRound { get; set; }

    /// <summary>
    /// Gets or sets how many records a lease with records of the queue may have while a poison record is being
    /// isolated; 0: any number.
    /// </summary>
    public int LeaseLimit { get; set; }

    /// <summary>Gets or sets the sequence up to which the records were in a lease that failed; 0: none was.</summary>
    public long SuspectsUpTo { get; set; }

    /// <summary>
    /// Gets or sets whether the suspects are leased one at a time over all leases of the stage, because they were in
    /// separate leases of one record each whose consumer died.
    /// </summary>
    public bool SuspectsAlone { get; set; }

    /// <summary>Gets or sets the end of the queue's backoff, in milliseconds; 0: there is no backoff.</summary>
    public long SleepsUntil { get; set; }

    public override int Buffered => Records.Count + Spilled;

    /// <summary>
    /// Returns whether neither a backoff, nor a hop, nor a lease of another consumer holds the queue.
    /// </summary>
    /// <param name="root">The first of the leases that the consumer holds; null: it holds none.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOpenTo(Lease<T>? root) =>
        SleepsUntil == 0 && Leaving == 0 && (Holder is null || ReferenceEquals(Holder, root));

    public override long OldestBufferedAt => Records.Count == 0 ? long.MaxValue : Records.FirstBufferedAt;
}
