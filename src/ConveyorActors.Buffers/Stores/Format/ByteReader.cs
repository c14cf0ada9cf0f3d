using System.Text;

namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>
/// Reads values written by a <see cref="ByteWriter"/>. Bytes that a <see cref="ByteWriter"/> cannot have written throw
/// <see cref="InvalidDataException"/>.
/// </summary>
ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; }

    /// <summary>Gets the number of bytes left.</summary>
    public readonly int Left => bytes.Length - Position;

    public readonly bool IsAtEnd => Left == 0;

    public byte Byte()
    {
        if (IsAtEnd)
            throw Short();
        return bytes[Position++];
    }

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return (long)value;
        }
        throw new InvalidDataException("a number is too long");
    }

    public long Signed()
    {
        var value = (ulong)Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads the number of the items that follow, each of at least one byte.</summary>
    public int Count()
    {
        var value = Number();
        return value >= 0 && value <= Left
            ? (int)value
            : throw new InvalidDataException($"{value} things cannot follow in {Left} bytes");
    }

    /// <summary>Reads a number from 0 to <see cref="int.MaxValue"/>.</summary>
    public int Int()
    {
        var value = Number();
        return value is >= 0 and <= int.MaxValue
            ? (int)value
            : throw new InvalidDataException($"{value} is not from 0 to {int.MaxValue}");
    }

    /// <summary>Reads a time that was written as signed milliseconds since 1970 (UTC).</summary>
    public DateTimeOffset Time()
    {
        var value = Signed();
        return value >= FirstTime && value <= LastTime
            ? DateTimeOffset.FromUnixTimeMilliseconds(value)
            : throw new InvalidDataException($"{value} ms since 1970 is no time");
    }

    public ReadOnlySpan<byte> Raw(int length)
    {
        if (length > Left)
            throw Short();
        var raw = bytes.Slice(Position, length);
        Position += length;
        return raw;
    }

    public ReadOnlySpan<byte> Blob() => Raw(Count());

    public string Text() => LosslessText.Unescape(Encoding.UTF8.GetString(Blob()));

    static readonly long FirstTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
        LastTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    static InvalidDataException Short() => new("it ends too early");
}
