using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Stages;

/// <summary>What the levels above know of one source's queue at one stage, whatever its records are.</summary>
/// <remarks>Guarded by the stage's lock, but <see cref="Holds"/>, which any thread may read.</remarks>
abstract class SourceQueue(string stageId, string sourceId)
{
    public string StageId { get; } = stageId;

    public string SourceId { get; } = sourceId;

    /// <summary>The room of the stage; null in a stage that stands alone.</summary>
    public CapacityPool? StagePool { get; set; }

    /// <summary>What the manager knows of the source; null in a stage that stands alone.</summary>
    public object? SourceState { get; set; }

    public QueueCounts Counts { get; } = new();

    public int InFlight,
        Granted,
        HopRetained,
        Hopping;

    /// <summary>Records from before that are still only in the store. Nothing may come in before them.</summary>
    public int Stored;

    /// <summary>
    /// The last records that wait, accepted and not in memory: they are read back from the store when their turn comes.
    /// What comes in after them is not in memory, either.
    /// </summary>
    public int Spilled;

    /// <summary>Their bytes.</summary>
    public long SpilledBytes;

    /// <summary>Up to which sequence the store has been read.</summary>
    public long ReadUpTo;

    /// <summary>How many refusals the store knows of.</summary>
    public long RefusalsTold;

    /// <summary>
    /// Hops that have taken records from here and not yet brought their results to the next stage. Later records must
    /// not overtake them.
    /// </summary>
    public int Leaving;
    public long PendingBytes,
        GrantedBytes;
    public SettleRate Rate;

    /// <summary>The first and the last of those of this source that wait for room at the stage.</summary>
    public object? FirstRoomWaiter,
        LastRoomWaiter;

    long lastChange;
    int refused;

    public abstract int Buffered { get; }

    /// <summary>Room taken at the stage.</summary>
    public int Room => Buffered + InFlight + Granted;

    /// <summary>
    /// True when the stage's fill is the source's business: it has records pending here or was refused.
    /// </summary>
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

    /// <summary>Accounts the time since the last change with the room taken in it. Called before each change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeforeChange(long now)
    {
        if (now == lastChange)
            return;
        Counts.FillArea += (double)Room * (now - lastChange);
        lastChange = now;
    }

    /// <summary>The area up to now, without changing anything: a queue that is only looked at stays idle.</summary>
    public double FillAreaAt(long now) => Counts.FillArea + (double)Room * (now - lastChange);

    public void StartAt(long now) => lastChange = now;
}

/// <summary>One source's records at one stage, in order.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class SourceQueue<T>(string stageId, string sourceId) : SourceQueue(stageId, sourceId)
{
    public RecordQueue<T> Records { get; } = new();

    /// <summary>
    /// Under strict order, the lease that has records of this queue, or the first of several that one consumer holds
    /// together: only its consumer may lease more of the queue. Null: every consumer may.
    /// </summary>
    public Lease<T>? Holder { get; set; }

    /// <summary>How many more records the queue may be served in this turn.</summary>
    public int Deficit { get; set; }

    /// <summary>True while the queue is in the stage's round.</summary>
    public bool InRound { get; set; }

    /// <summary>
    /// How many records a lease with records of the queue may have, while a poison record is looked for; 0: any number.
    /// </summary>
    public int LeaseLimit { get; set; }

    /// <summary>Up to which sequence the records were in a lease that failed; 0: none was.</summary>
    public long SuspectsUpTo { get; set; }

    /// <summary>
    /// True while the suspects are leased one at a time over all leases of the stage: they were in separate leases of
    /// one record each, whose one consumer died.
    /// </summary>
    public bool SuspectsAlone { get; set; }

    /// <summary>Until when the queue waits out a backoff, in milliseconds; 0: it does not.</summary>
    public long SleepsUntil { get; set; }

    public override int Buffered => Records.Count + Spilled;

    public override long OldestBufferedAt => Records.Count == 0 ? long.MaxValue : Records.FirstBufferedAt;
}
