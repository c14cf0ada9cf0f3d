using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// The room of one manager, stage or source: counts the room that is taken, and the room that is reserved for waiting
/// results of hops.
/// </summary>
/// <remarks>
/// Safe for use by many threads; never takes more than the limit, not even briefly, because room is taken by
/// compare-and-swap and never taken first and checked after. Used and reserved records share one 64-bit word, so that
/// an outsider (any caller that is not a waiting hop) can never take room between a hop's reservation and its use.
/// Pools with a byte limit take a lock instead, since records and bytes must be taken together. A pool that is not
/// shared is only changed under its stage's gate and needs no atomic instructions. Limits are changed only while no
/// other call is running (the manager holds all its stages' locks then).
/// </remarks>
sealed class CapacityPool(PoolLimits limits, bool isShared = true)
{
    const long OneReserved = 1L << 32;

    readonly Lock gate = new();
    PoolLimits limits = limits;
    PoolLimits zones = limits; // the limits that the fill is measured against; lower where a budget grants less
    long most = limits.Records; // the limit for new records: the pool's, or less where a budget has granted less
    long mostReserved = limits.Records; // the same limit for results of hops
    long mostAlone = limits.Bytes is null ? limits.Records : 0; // `most`, if no bytes and no reserved room matter
    bool boundsBytes = limits.Bytes is not null;
    ZoneRange range = limits.GetZone(0, 0);
    long packed; // reserved records in the high half, used records in the low half
    long usedBytes;
    long reservedBytes;
    long aboveLowSince = -1;

    public PoolLimits Limits => limits;

    public long Used => UsedOf(Volatile.Read(ref packed));

    public long UsedBytes => Volatile.Read(ref usedBytes);

    public long Reserved => ReservedOf(Volatile.Read(ref packed));

    public long ReservedBytes => Volatile.Read(ref reservedBytes);

    /// <summary>Gets the room that an outsider could take now, in records.</summary>
    public long Available
    {
        get
        {
            var now = Volatile.Read(ref packed);
            return Math.Max(0, Volatile.Read(ref most) - TakenOf(now));
        }
    }

    /// <summary>
    /// Gets the room under the pool's own limit, ignoring any budget, in records: for records that the budget counts
    /// already.
    /// </summary>
    public long AvailableToStored => Math.Max(0, limits.Records - TakenOf(Volatile.Read(ref packed)));

    public double Fill => Volatile.Read(ref zones).Fill(Used, UsedBytes);

    /// <summary>Gets whether a budget has granted less than the limit.</summary>
    public bool IsGrantBinding => Volatile.Read(ref most) < limits.Records;

    /// <summary>Gets the limits that the fill is measured against.</summary>
    public PoolLimits Zones => Volatile.Read(ref zones);

    /// <summary>Gets the zone of the fill when it last changed.</summary>
    public int Zone => Volatile.Read(ref range).Zone;

    /// <summary>
    /// Gets the time since which the fill has been above the low watermark, in the manager's milliseconds; negative
    /// when it is not.
    /// </summary>
    public long AboveLowSince => Volatile.Read(ref aboveLowSince);

    /// <summary>Returns whether an outsider could take room for one record of the given bytes now.</summary>
    public bool HasRoom(long bytes)
    {
        if (Available == 0)
            return false;
        if (!boundsBytes)
            return true;
        lock (gate)
            return usedBytes + reservedBytes + bytes <= limits.Bytes;
    }

    public bool CanEverHold(long bytes) => limits.Bytes is not { } most || bytes <= most;

    /// <summary>
    /// Takes room for up to <paramref name="wanted"/> records whose bytes need no limit. Returns the number taken.
    /// </summary>
    public int TakeUpTo(int wanted, long bytesInAll)
    {
        while (true)
        {
            var now = Volatile.Read(ref packed);
            var room = Volatile.Read(ref most) - TakenOf(now);
            var taken = (int)Math.Min(wanted, Math.Max(0, room));
            if (taken == 0)
                return 0;
            if (!Swap(now, now + taken))
                continue;
            if (bytesInAll != 0)
                Interlocked.Add(ref usedBytes, bytesInAll);
            return taken;
        }
    }

    /// <summary>
    /// Takes room for one record without bytes as an outsider. Returns false when there is no room, when bytes are
    /// limited, or when another thread changed the pool at the same time.
    /// </summary>
    /// <param name="isZoneStale">Set to true if the record may have taken the fill out of its zone.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeOne(ref bool isZoneStale)
    {
        var now = Volatile.Read(ref packed);
        // Reserved room is in the high half, so any of it makes the word larger than every limit.
        if (now >= Volatile.Read(ref mostAlone) || !Swap(now, now + 1))
            return false;
        // The range is read after the swap: a thread that sets it later reads the fill again. A fill below the range
        // is the concern of the thread that released the room.
        isZoneStale |= now + 1 >= Volatile.Read(ref range).To;
        return true;
    }

    /// <summary>Gets whether the fill may have left its zone.</summary>
    public bool IsZoneStale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var (known, used) = (Volatile.Read(ref range), Used);
            return used < known.From || used >= known.To || boundsBytes;
        }
    }

    /// <summary>Takes room for one record as an outsider, without using room reserved for hops.</summary>
    public bool TryTake(long bytes) => TryTakeBelow(Volatile.Read(ref most), 1, bytes);

    /// <summary>Takes room for all of these records as an outsider, or for none of them.</summary>
    /// <param name="records">The number of records; at least one.</param>
    /// <param name="bytes">The bytes of all the records.</param>
    public bool TryTakeAll(int records, long bytes) => TryTakeBelow(Volatile.Read(ref most), records, bytes);

    /// <summary>
    /// Takes room for a record that the source's budget counts already, because it was pending when the manager was
    /// created.
    /// </summary>
    /// <param name="bytes">The record's bytes.</param>
    /// <param name="isReserved">
    /// Whether the record may use room reserved for results of hops: those results come after the record and cannot be
    /// placed before it.
    /// </param>
    public bool TryTakeStored(long bytes, bool isReserved) =>
        isReserved ? TryTakeReservedBelow(limits.Records, bytes, 0, 0) : TryTakeBelow(limits.Records, 1, bytes);

    bool TryTakeBelow(long limit, int records, long bytes)
    {
        if (!boundsBytes)
        {
            while (true)
            {
                var now = Volatile.Read(ref packed);
                if (TakenOf(now) + records > limit)
                    return false;
                if (!Swap(now, now + records))
                    continue;
                if (bytes != 0)
                    Interlocked.Add(ref usedBytes, bytes);
                return true;
            }
        }
        lock (gate)
        {
            if (TakenOf(packed) + records > limit || usedBytes + reservedBytes + bytes > limits.Bytes)
                return false;
            Volatile.Write(ref packed, packed + records);
            Volatile.Write(ref usedBytes, usedBytes + bytes);
            return true;
        }
    }

    /// <summary>
    /// Takes bytes for a record whose room in records is already held, leaving <paramref name="left"/> bytes for
    /// others.
    /// </summary>
    public bool TryTakeBytes(long bytes, long left = 0)
    {
        if (!boundsBytes)
        {
            if (bytes != 0)
                Interlocked.Add(ref usedBytes, bytes);
            return true;
        }
        lock (gate)
        {
            if (bytes > 0 && usedBytes + bytes + left > limits.Bytes)
                return false;
            Volatile.Write(ref usedBytes, usedBytes + bytes);
            return true;
        }
    }

    /// <summary>
    /// Takes room for a result of a hop from the reserved room, leaving the given room to hops that come before it.
    /// </summary>
    public bool TryTakeReserved(long bytes, long leftRecords = 0, long leftBytes = 0) =>
        TryTakeReservedBelow(Volatile.Read(ref mostReserved), bytes, leftRecords, leftBytes);

    bool TryTakeReservedBelow(long limit, long bytes, long leftRecords, long leftBytes)
    {
        if (!boundsBytes)
        {
            while (true)
            {
                var now = Volatile.Read(ref packed);
                if (UsedOf(now) + leftRecords >= limit)
                    return false;
                if (!Swap(now, now + 1))
                    continue;
                if (bytes != 0)
                    Interlocked.Add(ref usedBytes, bytes);
                return true;
            }
        }
        lock (gate)
        {
            if (UsedOf(packed) + leftRecords >= limit || bytes > 0 && usedBytes + bytes + leftBytes > limits.Bytes)
                return false;
            Volatile.Write(ref packed, packed + 1);
            Volatile.Write(ref usedBytes, usedBytes + bytes);
            return true;
        }
    }

    static long UsedOf(long packed) => (uint)packed;

    static long ReservedOf(long packed) => packed >>> 32;

    static long TakenOf(long packed) => UsedOf(packed) + ReservedOf(packed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool Swap(long before, long after)
    {
        if (isShared)
            return Interlocked.CompareExchange(ref packed, after, before) == before;
        Volatile.Write(ref packed, after);
        return true;
    }

    public void Release(int records, long bytes)
    {
        if (!boundsBytes)
        {
            if (bytes != 0)
                Interlocked.Add(ref usedBytes, -bytes);
            if (records == 0)
                return;
            if (isShared)
                Interlocked.Add(ref packed, -(long)records);
            else
                Volatile.Write(ref packed, packed - records);
            return;
        }
        lock (gate)
        {
            Volatile.Write(ref usedBytes, usedBytes - bytes);
            Volatile.Write(ref packed, packed - records);
        }
    }

    /// <summary>
    /// Reserves room for waiting hops, so that outsiders cannot take it; negative numbers release reserved room.
    /// </summary>
    public void Reserve(int records, long bytes)
    {
        lock (gate)
        {
            Interlocked.Add(ref packed, records * OneReserved);
            Volatile.Write(ref reservedBytes, reservedBytes + bytes);
        }
    }

    /// <summary>Recomputes the zone. Returns whether it changed.</summary>
    /// <remarks>
    /// Called after each change. If two threads race, the last one to write reads the fill again, so the zone is
    /// never outdated.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool RefreshZone(long nowMs) => IsZoneStale && RefreshZoneSlowly(nowMs);

    bool RefreshZoneSlowly(long nowMs)
    {
        var changed = false;
        while (true)
        {
            var actual = Volatile.Read(ref zones).GetZone(Used, UsedBytes);
            var before = Interlocked.Exchange(ref range, actual);
            if (ReferenceEquals(before, actual))
                return changed;
            changed |= before.Zone != actual.Zone;
            if (actual.Zone == 0)
                Volatile.Write(ref aboveLowSince, -1);
            else if (Volatile.Read(ref aboveLowSince) < 0)
                Volatile.Write(ref aboveLowSince, nowMs);
        }
    }

    /// <summary>
    /// Sets new limits. Room taken beyond a new limit stays taken; no more is admitted until the limit is met.
    /// </summary>
    public void ChangeLimits(PoolLimits changed, long nowMs)
    {
        limits = changed;
        boundsBytes = changed.Bytes is not null;
        Volatile.Write(ref zones, changed);
        (most, mostReserved) = (changed.Records, changed.Records);
        mostAlone = boundsBytes ? 0 : changed.Records;
        RefreshZoneSlowly(nowMs);
    }

    /// <summary>
    /// Admits records only up to the room that a budget has granted, if less than the limit. The grant may be lowered
    /// only while no other call is running.
    /// </summary>
    /// <param name="granted">The room for new records.</param>
    /// <param name="grantedToReserved">The room for results of hops, which use reserved room.</param>
    /// <param name="reachable">The most room that there could be; the fill is measured against it.</param>
    public void Grant(long granted, long grantedToReserved, long reachable)
    {
        Volatile.Write(ref most, Math.Clamp(granted, 0, limits.Records));
        Volatile.Write(ref mostAlone, boundsBytes ? 0 : most);
        Volatile.Write(ref mostReserved, Math.Clamp(grantedToReserved, 0, limits.Records));
        var records = (int)Math.Clamp(reachable, 1, limits.Records);
        if (records == zones.Records)
            return;
        Volatile.Write(ref zones, new(records, limits.Bytes, limits.Marks));
        // The range that was known is that of other limits: the next refresh must look again, wherever the fill is.
        Volatile.Write(ref range, new(Zone, 0, 0));
    }
}
