namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>
/// Encodes a record for data directories and journals. The layout is part of both formats: see docs/Storage.md.
/// </summary>
static class RecordCodec
{
    [Flags]
    enum Parts : byte
    {
        None = 0,
        Id = 1,
        Key = 2,
        Headers = 4,
        EventTime = 8,
        Position = 16,
    }

    public static void Write(ByteWriter to, ConveyorRecord record)
    {
        var parts =
            (record.Id.Length > 0 ? Parts.Id : 0)
            | (record.Key is not null ? Parts.Key : 0)
            | (record.Headers.Count > 0 ? Parts.Headers : 0)
            | (record.EventTime is not null ? Parts.EventTime : 0)
            | (record.Position is not null ? Parts.Position : 0);
        to.WriteByte((byte)parts);
        if (parts.HasFlag(Parts.Id))
            to.WriteText(record.Id);
        if (record.Key is { } key)
            to.WriteText(key);
        if (parts.HasFlag(Parts.Headers))
        {
            to.WriteNumber(record.Headers.Count);
            foreach (var (name, value) in record.Headers)
            {
                to.WriteText(name);
                to.WriteText(value);
            }
        }
        if (record.EventTime is { } time)
        {
            to.WriteSigned(time.UtcTicks);
            to.WriteSigned((long)time.Offset.TotalMinutes);
        }
        if (record.Position is { } position)
        {
            to.WriteSigned(position.Offset);
            to.WriteSigned(position.Number);
        }
        to.WriteBlob(record.Payload.Span);
    }

    public static ConveyorRecord Read(ref ByteReader from)
    {
        var parts = (Parts)from.ReadByte();
        var id = parts.HasFlag(Parts.Id) ? from.ReadText() : "";
        var key = parts.HasFlag(Parts.Key) ? from.ReadText() : null;
        Dictionary<string, string>? headers = null;
        if (parts.HasFlag(Parts.Headers))
        {
            headers = new(StringComparer.Ordinal);
            for (var left = from.ReadCount(); left > 0; left--)
                headers[from.ReadText()] = from.ReadText();
        }
        DateTimeOffset? time = parts.HasFlag(Parts.EventTime) ? ParseTime(from.ReadSigned(), from.ReadSigned()) : null;
        SourcePosition? position = parts.HasFlag(Parts.Position) ? new(from.ReadSigned(), from.ReadSigned()) : null;
        var record = new ConveyorRecord(id, from.ReadBlob().ToArray())
        {
            Key = key,
            EventTime = time,
            Position = position,
        };
        return headers is null ? record : record with { Headers = new FixedHeaders(headers) };
    }

    static DateTimeOffset ParseTime(long utcTicks, long minutes)
    {
        const long most = 14 * 60;
        if (utcTicks >= 0 && utcTicks <= DateTime.MaxValue.Ticks && minutes is >= -most and <= most)
        {
            var ticks = utcTicks + minutes * TimeSpan.TicksPerMinute;
            if (ticks >= 0 && ticks <= DateTime.MaxValue.Ticks)
                return new(ticks, TimeSpan.FromMinutes(minutes));
        }
        throw new InvalidDataException(
            $"an event time of {utcTicks} ticks, {minutes} minutes from UTC, is not a valid time"
        );
    }
}
