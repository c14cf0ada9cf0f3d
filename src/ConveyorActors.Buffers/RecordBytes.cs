using System.Runtime.InteropServices;
using System.Runtime.Serialization;

namespace ConveyorActors.Buffers;

/// <summary>Writes a record as one value, for serializers that ask an object for its data.</summary>
/// <remarks>
/// A single base64 value is used instead of a value for each member, because Newtonsoft's serializer would parse an id
/// that looks like a date and write it differently, lose the offset of an event time, and interpret a header called
/// "$type" as an instruction.
/// </remarks>
static class RecordBytes
{
    const string Name = "record";
    const byte Version = 1;

    [Flags]
    enum Parts : byte
    {
        None = 0,
        Key = 1,
        EventTime = 2,
        Position = 4,
    }

    public static void Write(ConveyorRecord record, SerializationInfo info)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        writer.Write(
            (byte)(
                (record.Key is null ? Parts.None : Parts.Key)
                | (record.EventTime is null ? Parts.None : Parts.EventTime)
                | (record.Position is null ? Parts.None : Parts.Position)
            )
        );
        Write(writer, record.Id);
        writer.Write7BitEncodedInt(record.Payload.Length);
        writer.Write(record.Payload.Span);
        writer.Write7BitEncodedInt(record.Headers.Count);
        foreach (var (name, value) in record.Headers)
        {
            Write(writer, name);
            Write(writer, value);
        }
        if (record.Key is { } key)
            Write(writer, key);
        if (record.EventTime is { } time)
        {
            writer.Write(time.Ticks);
            writer.Write((short)time.TotalOffsetMinutes);
        }
        if (record.Position is { } position)
        {
            writer.Write(position.Offset);
            writer.Write(position.Number);
        }
        writer.Flush();
        info.AddValue(Name, Convert.ToBase64String(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    /// <exception cref="SerializationException">The value is damaged, or was written by a later version.</exception>
    public static ConveyorRecord Read(SerializationInfo info)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(Convert.FromBase64String(info.GetString(Name) ?? "")));
            var version = reader.ReadByte();
            return version == Version
                ? Read(reader)
                : throw new SerializationException(
                    $"The record is written in version {version}; this program reads version {Version}."
                );
        }
        catch (Exception damaged) when (damaged is FormatException or EndOfStreamException or ArgumentException)
        {
            throw new SerializationException($"The record cannot be read: {damaged.Message}", damaged);
        }
    }

    static ConveyorRecord Read(BinaryReader reader)
    {
        var parts = (Parts)reader.ReadByte();
        var record = new ConveyorRecord(ReadText(reader), reader.ReadBytes(reader.Read7BitEncodedInt()));
        if (reader.Read7BitEncodedInt() is > 0 and var count)
        {
            var headers = new Dictionary<string, string>(StringComparer.Ordinal);
            while (count-- > 0)
                headers[ReadText(reader)] = ReadText(reader);
            record = record with { Headers = new FixedHeaders(headers) };
        }
        if (parts.HasFlag(Parts.Key))
            record = record with { Key = ReadText(reader) };
        if (parts.HasFlag(Parts.EventTime))
            record = record with { EventTime = new(reader.ReadInt64(), TimeSpan.FromMinutes(reader.ReadInt16())) };
        if (parts.HasFlag(Parts.Position))
            record = record with { Position = new(reader.ReadInt64(), reader.ReadInt64()) };
        return record;
    }

    // Text is written as UTF-16, because UTF-8 cannot carry an unpaired surrogate, which a string that was cut may end
    // with.
    static void Write(BinaryWriter writer, string text)
    {
        writer.Write7BitEncodedInt(text.Length);
        writer.Write(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    static string ReadText(BinaryReader reader) =>
        new(MemoryMarshal.Cast<byte, char>(reader.ReadBytes(2 * reader.Read7BitEncodedInt())));
}
