using System.Runtime.InteropServices;
using System.Text;

namespace ConveyorActors.Persistence.Format;

/// <summary>Reads what a <see cref="ByteWriter"/> wrote. Bytes that a <see cref="ByteWriter"/> cannot have written throw <see cref="InvalidDataException"/>.</summary>
ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position >= bytes.Length;

    public byte Byte()
    {
        if (IsAtEnd) throw Short();
        return bytes[Position++];
    }

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)value;
        }
        throw new InvalidDataException("a number is too long");
    }

    public long Signed()
    {
        var value = (ulong)Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads a count of items that follow, each of at least one byte.</summary>
    public int Count()
    {
        var value = Number();
        return value >= 0 && value <= bytes.Length - Position ? (int)value : throw new InvalidDataException($"{value} things cannot follow");
    }

    /// <summary>Reads a number from 0 to <see cref="int.MaxValue"/>.</summary>
    public int Int()
    {
        var value = Number();
        return value is >= 0 and <= int.MaxValue ? (int)value : throw new InvalidDataException($"{value} is too large");
    }

    public ReadOnlySpan<byte> Blob() => Raw(Count());

    public string Text()
    {
        var head = Number();
        var length = head >> 1;
        if (length < 0 || length > bytes.Length - Position) throw Short();
        var raw = Raw((int)length);
        return (head & 1) == 0 ? Encoding.UTF8.GetString(raw) : new(MemoryMarshal.Cast<byte, char>(raw));
    }

    ReadOnlySpan<byte> Raw(int length)
    {
        if (length > bytes.Length - Position) throw Short();
        var raw = bytes.Slice(Position, length);
        Position += length;
        return raw;
    }

    static InvalidDataException Short() => new("it ends too early");
}
