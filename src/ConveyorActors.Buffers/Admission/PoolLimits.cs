namespace ConveyorActors.Buffers.Admission;

/// <summary>The limits of one pool, with the zones' boundaries already in records. Immutable.</summary>
sealed class PoolLimits
{
    readonly long[] firstOfZone = new long[Watermarks.Zones + 1];

    public PoolLimits(int records, long? bytes, Watermarks marks)
    {
        Records = records;
        Bytes = bytes;
        Marks = marks;
        for (var zone = 0; zone < Watermarks.Zones; zone++) firstOfZone[zone] = marks.FirstOf(zone, records);
        firstOfZone[Watermarks.Zones] = long.MaxValue;
    }

    public int Records { get; }

    public long? Bytes { get; }

    public Watermarks Marks { get; }

    /// <summary>True when so many records are in the zone, bytes aside.</summary>
    public bool IsInZone(int zone, long records) => records >= firstOfZone[zone] && records < firstOfZone[zone + 1];

    public double Fill(long records, long bytes) => Bytes is { } limit
        ? Math.Max((double)records / Records, (double)bytes / limit)
        : (double)records / Records;

    public int ZoneOf(long records, long bytes)
    {
        var zone = 0;
        while (zone < Watermarks.Zones - 1 && records >= firstOfZone[zone + 1]) zone++;
        return Bytes is { } limit ? Math.Max(zone, Marks.ZoneOf((double)bytes / limit)) : zone;
    }
}
