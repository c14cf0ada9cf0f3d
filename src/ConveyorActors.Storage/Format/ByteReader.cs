using System.Text;

namespace ConveyorActors.Storage.Format;

/// <summary>Reads what a <see cref="ByteWriter"/> wrote. What cannot be so throws <see cref="InvalidDataException"/>.</summary>
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

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new InvalidDataException("a number is too long");
    }

    public long Signed()
    {
        var value = Number();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int Count()
    {
        var value = Number();
        return value <= int.MaxValue ? (int)value : throw new InvalidDataException("a count is too large");
    }

    public ReadOnlySpan<byte> Raw(int length)
    {
        if (length > bytes.Length - Position) throw Short();
        var raw = bytes.Slice(Position, length);
        Position += length;
        return raw;
    }

    public ReadOnlySpan<byte> Blob() => Raw(Count());

    public string Text() => WholeText.Unescape(Encoding.UTF8.GetString(Blob()));

    static InvalidDataException Short() => new("it ends too early");
}
