namespace ConveyorActors.Buffers.Admission;

/// <summary>The limits of one pool, with the zones' boundaries precomputed in records. Immutable.</summary>
sealed class PoolLimits
{
    readonly ZoneRange[] zones = new ZoneRange[Watermarks.Zones];

    public PoolLimits(int records, long? bytes, Watermarks marks)
    {
        Records = records;
        Bytes = bytes;
        Marks = marks;
        for (var zone = 0; zone < Watermarks.Zones; zone++)
            zones[zone] = new(
                zone,
                marks.GetZoneStart(zone, records),
                zone == Watermarks.Zones - 1 ? long.MaxValue : marks.GetZoneStart(zone + 1, records)
            );
    }

    public int Records { get; }

    public long? Bytes { get; }

    public Watermarks Marks { get; }

    public double Fill(long records, long bytes) =>
        Bytes is { } limit ? Math.Max((double)records / Records, (double)bytes / limit) : (double)records / Records;

    public ZoneRange GetZone(long records, long bytes)
    {
        var zone = 0;
        while (records >= zones[zone].To)
            zone++;
        return Bytes is { } limit ? zones[Math.Max(zone, Marks.GetZone((double)bytes / limit))] : zones[zone];
    }
}

/// <summary>
/// A zone and the numbers of records that belong to it, ignoring bytes: from <paramref name="From"/> up to but not
/// including <paramref name="To"/>.
/// </summary>
sealed record ZoneRange(int Zone, long From, long To);
