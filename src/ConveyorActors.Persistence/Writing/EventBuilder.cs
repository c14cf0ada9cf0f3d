using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Persistence.Writing;

/// <summary>One unit: changes that are stored together or not at all.</summary>
/// <param name="Entries">The changes.</param>
/// <param name="Bytes">The approximate bytes of the changes.</param>
readonly record struct Unit(StoreEntry<ConveyorRecord>[] Entries, long Bytes);

/// <summary>
/// Builds events from units: as many units as fit into one event, or one unit split into as many events as it needs.
/// </summary>
/// <remarks>Used by one actor.</remarks>
sealed class EventBuilder(int maxEventBytes)
{
    /// <summary>The bytes of an event in addition to its body.</summary>
    const int Head = 64;

    readonly ByteWriter body = new(64 << 10);
    readonly int most = maxEventBytes - Head;

    /// <summary>Builds the next events, to be written in order.</summary>
    /// <param name="epoch">The epoch that writes the events.</param>
    /// <param name="firstUnit">The number of the first unit.</param>
    /// <param name="units">The units to write; at least one.</param>
    /// <param name="zero">The moment from which the units' times count, in milliseconds since 1970.</param>
    /// <param name="count">The number of units in the events.</param>
    public IReadOnlyList<UnitsWritten> Build(
        long epoch,
        long firstUnit,
        ReadOnlySpan<Unit> units,
        long zero,
        out int count
    )
    {
        var names = new NameWriter();
        body.Truncate(0);
        body.WriteByte(UnitCodec.Version);
        for (count = 0; count < units.Length; count++)
        {
            var (length, known) = (body.Length, names.Count);
            UnitCodec.Write(body, names, units[count].Entries, zero);
            if (body.Length <= most)
                continue;
            if (count == 0)
            {
                count = 1;
                return SplitIntoParts(epoch, firstUnit);
            }
            body.Truncate(length);
            names.Truncate(known);
            break;
        }
        return [new(epoch, firstUnit, count, 0, body.ToArray())];
    }

    List<UnitsWritten> SplitIntoParts(long epoch, long unit)
    {
        var (whole, parts) = (body.ToArray(), new List<UnitsWritten>());
        for (var from = 0; from < whole.Length; from += most)
        {
            var isLast = whole.Length - from <= most;
            parts.Add(
                new(epoch, unit, isLast ? 1 : 0, parts.Count, whole.AsMemory(from, isLast ? whole.Length - from : most))
            );
        }
        return parts;
    }
}
