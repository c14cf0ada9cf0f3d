using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence.Format;

/// <summary>
/// Encodes units: changes that belong together, one unit after the other. In the bytes all times are milliseconds since
/// 1970 (UTC).
/// </summary>
static class UnitCodec
{
    /// <summary>The first byte of every body.</summary>
    public const byte Version = 1;

    /// <summary>Writes one unit.</summary>
    /// <param name="to">The writer that the unit is added to.</param>
    /// <param name="names">The names that the body contains so far.</param>
    /// <param name="unit">The changes.</param>
    /// <param name="zero">The moment from which the changes' times count, in milliseconds since 1970.</param>
    public static void Write(ByteWriter to, NameWriter names, ReadOnlySpan<StoreEntry<ConveyorRecord>> unit, long zero)
    {
        to.WriteNumber(unit.Length);
        var writer = new ChangeWriter(to, names, zero);
        foreach (var (stage, change) in unit)
            writer.Write(stage, change);
    }

    /// <summary>Reads the next unit. Its times are in milliseconds since 1970.</summary>
    public static StoreEntry<ConveyorRecord>[] Read(ref ByteReader from, NameReader names)
    {
        var unit = new StoreEntry<ConveyorRecord>[from.ReadCount()];
        for (var i = 0; i < unit.Length; i++)
            unit[i] = ChangeReader.Read(ref from, names);
        return unit;
    }
}
