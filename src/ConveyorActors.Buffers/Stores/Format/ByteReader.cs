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

    public byte ReadByte()
    {
        if (IsAtEnd)
            throw CreateTooShortError();
        return bytes[Position++];
    }

    public long ReadNumber()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return (long)value;
        }
        throw new InvalidDataException("a number is too long");
    }

    public long ReadSigned()
    {
        var value = (ulong)ReadNumber();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads the number of the items that follow, each of at least one byte.</summary>
    public int ReadCount()
    {
        var value = ReadNumber();
        return value >= 0 && value <= Left
            ? (int)value
            : throw new InvalidDataException(
                $"a length of {value} is given, and only {Left} {(Left == 1 ? "byte follows" : "bytes follow")}"
            );
    }

    /// <summary>Reads a number from 0 to <see cref="int.MaxValue"/>.</summary>
    public int ReadInt()
    {
        var value = ReadNumber();
        return value is >= 0 and <= int.MaxValue
            ? (int)value
            : throw new InvalidDataException($"{value} is not from 0 to {int.MaxValue}");
    }

    /// <summary>Reads a time that was written as signed milliseconds since 1970 (UTC).</summary>
    public DateTimeOffset ReadTime()
    {
        var value = ReadSigned();
        return value >= FirstTime && value <= LastTime
            ? DateTimeOffset.FromUnixTimeMilliseconds(value)
            : throw new InvalidDataException($"{value} ms since 1970 is not a valid time");
    }

    public ReadOnlySpan<byte> ReadRaw(int length)
    {
        if (length > Left)
            throw CreateTooShortError();
        var raw = bytes.Slice(Position, length);
        Position += length;
        return raw;
    }

    public ReadOnlySpan<byte> ReadBlob() => ReadRaw(ReadCount());

    public string ReadText() => LosslessText.Unescape(Encoding.UTF8.GetString(ReadBlob()));

    static readonly long FirstTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
        LastTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    static InvalidDataException CreateTooShortError() => new("it ends too early");
}
