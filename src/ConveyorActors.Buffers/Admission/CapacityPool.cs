using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Admission;

/// <summary>
/// The room of one manager, stage or source: how much is taken, and how much is reserved for results of hops that wait
/// for it.
/// </summary>
/// <remarks>
/// Safe for use by many threads; never takes more than the limit, not even briefly, because room is taken by
/// compare-and-swap and never taken first and checked after. Records and reserved records share one 64-bit word, so
/// that an outsider can never slip in between a hop's claim and its room. Pools with a byte limit take a lock instead,
/// since records and bytes must be taken together. A pool that is not shared is only changed under its stage's gate and
/// needs no atomic instructions. Limits are changed only while no other call is under way (the manager holds all its
/// stages' locks then).
/// </remarks>
sealed class CapacityPool(PoolLimits limits, bool isShared = true)
{
    const long OneReserved = 1L << 32;

    readonly Lock gate = new();
    PoolLimits limits = limits;
    PoolLimits zones = limits; // what the fill is measured by: the limits, or less where a budget leaves less
    long most = limits.Records; // up to where records are admitted: the limit, or less where a budget has granted less
    long mostReserved = limits.Records; // the same for results of hops
    bool boundsBytes = limits.Bytes is not null;
    ZoneRange range = limits.ZoneOf(0, 0);
    long packed; // reserved records in the high half, used records in the low half
    long usedBytes;
    long reservedBytes;
    long aboveLowSince = -1;

    public PoolLimits Limits => limits;

    public long Used => (uint)Volatile.Read(ref packed);

    public long UsedBytes => Volatile.Read(ref usedBytes);

    public long Reserved => Volatile.Read(ref packed) >>> 32;

    public long ReservedBytes => Volatile.Read(ref reservedBytes);

    /// <summary>Room that an outsider could take now, in records.</summary>
    public long Available
    {
        get
        {
            var now = Volatile.Read(ref packed);
            return Math.Max(0, Volatile.Read(ref most) - (uint)now - (now >>> 32));
        }
    }

    /// <summary>
    /// Room under the limit, whatever a budget has granted: for records that the budget counts already.
    /// </summary>
    public long AvailableToStored
    {
        get
        {
            var now = Volatile.Read(ref packed);
            return Math.Max(0, limits.Records - (uint)now - (now >>> 32));
        }
    }

    public double Fill => Volatile.Read(ref zones).Fill(Used, UsedBytes);

    /// <summary>Whether a budget has granted less than the limit.</summary>
    public bool IsGrantBinding => Volatile.Read(ref most) < limits.Records;

    /// <summary>What the fill is measured by.</summary>
    public PoolLimits Zones => Volatile.Read(ref zones);

    /// <summary>The zone of the fill when it last changed.</summary>
    public int Zone => Volatile.Read(ref range).Zone;

    /// <summary>
    /// Since when, in the manager's milliseconds, the fill has been above low; negative when it is not.
    /// </summary>
    public long AboveLowSince => Volatile.Read(ref aboveLowSince);

    /// <summary>Whether an outsider could take room for one record of so many bytes now.</summary>
    public bool HasRoom(long bytes)
    {
        if (Available == 0)
            return false;
        if (!boundsBytes)
            return true;
        lock (gate)
            return usedBytes + reservedBytes + bytes <= limits.Bytes;
    }

    public bool CouldEverHold(long bytes) => limits.Bytes is not { } most || bytes <= most;

    /// <summary>Takes room for up to so many records that have no bytes worth bounding. Returns how many.</summary>
    public int TakeUpTo(int wanted, long bytesInAll)
    {
        while (true)
        {
            var now = Volatile.Read(ref packed);
            var room = Volatile.Read(ref most) - (uint)now - (now >>> 32);
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
    /// Takes room for one record without bytes as an outsider. Returns false also when it would have to try again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeOne()
    {
        var now = Volatile.Read(ref packed);
        return !boundsBytes && (uint)now + (now >>> 32) < Volatile.Read(ref most) && Swap(now, now + 1);
    }

    /// <summary>True when the fill may have left its zone.</summary>
    public bool IsZoneStale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var (known, used) = (Volatile.Read(ref range), Used);
            return used < known.From || used >= known.To || boundsBytes;
        }
    }

    /// <summary>Takes room for one record as an outsider: what is reserved for hops is left.</summary>
    public bool TryTake(long bytes) => TryTakeBelow(Volatile.Read(ref most), 1, bytes);

    /// <summary>Takes room for all of these records as an outsider, or for none of them.</summary>
    /// <param name="records">How many; at least one.</param>
    /// <param name="bytes">Their bytes together.</param>
    public bool TryTakeAll(int records, long bytes) => TryTakeBelow(Volatile.Read(ref most), records, bytes);

    /// <summary>
    /// Takes room for a record that the source's budget counts already, because it was pending when the manager was
    /// made.
    /// </summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="isReserved">
    /// Whether the record may use room that is reserved for results of hops: those results come after it, and cannot be
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
                if ((uint)now + (now >>> 32) + records > limit)
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
            if ((uint)packed + (packed >>> 32) + records > limit || usedBytes + reservedBytes + bytes > limits.Bytes)
                return false;
            Volatile.Write(ref packed, packed + records);
            Volatile.Write(ref usedBytes, usedBytes + bytes);
            return true;
        }
    }

    /// <summary>Takes bytes for a record whose room in records is held already, leaving some for others.</summary>
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
    /// Takes room for a record of a hop, from what is reserved for it, leaving some for hops that come before it.
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
                if ((uint)now + leftRecords >= limit)
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
            if ((uint)packed + leftRecords >= limit || bytes > 0 && usedBytes + bytes + leftBytes > limits.Bytes)
                return false;
            Volatile.Write(ref packed, packed + 1);
            Volatile.Write(ref usedBytes, usedBytes + bytes);
            return true;
        }
    }

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

    /// <summary>Keeps outsiders from room that hops wait for; negative numbers let go of it.</summary>
    public void Reserve(int records, long bytes)
    {
        lock (gate)
        {
            Interlocked.Add(ref packed, records * OneReserved);
            Volatile.Write(ref reservedBytes, reservedBytes + bytes);
        }
    }

    /// <summary>Brings the zone up to date. Returns true when it changed.</summary>
    /// <remarks>
    /// Called after each change. Of two threads that race, the last to write reads once more, so the zone never stays
    /// behind.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool RefreshZone(long nowMs) => IsZoneStale && RefreshZoneSlowly(nowMs);

    bool RefreshZoneSlowly(long nowMs)
    {
        var changed = false;
        while (true)
        {
            var actual = Volatile.Read(ref zones).ZoneOf(Used, UsedBytes);
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

    /// <summary>Sets new limits. What is over a new limit stays; it is only that nothing more is admitted.</summary>
    public void ChangeLimits(PoolLimits changed, long nowMs)
    {
        limits = changed;
        boundsBytes = changed.Bytes is not null;
        Volatile.Write(ref zones, changed);
        (most, mostReserved) = (changed.Records, changed.Records);
        RefreshZoneSlowly(nowMs);
    }

    /// <summary>
    /// Admits records only up to what a budget has granted, where that is less than the limit. Lower than before only
    /// while no other call is under way.
    /// </summary>
    /// <param name="granted">The room for new records.</param>
    /// <param name="grantedToReserved">
    /// The room for results of hops, which wait for room that is reserved for them.
    /// </param>
    /// <param name="reachable">The room that there could be at most; the fill is measured by it.</param>
    public void Grant(long granted, long grantedToReserved, long reachable)
    {
        Volatile.Write(ref most, Math.Clamp(granted, 0, limits.Records));
        Volatile.Write(ref mostReserved, Math.Clamp(grantedToReserved, 0, limits.Records));
        var records = (int)Math.Clamp(reachable, 1, limits.Records);
        if (records != zones.Records)
            Volatile.Write(ref zones, records == limits.Records ? limits : new(records, limits.Bytes, limits.Marks));
    }
}
