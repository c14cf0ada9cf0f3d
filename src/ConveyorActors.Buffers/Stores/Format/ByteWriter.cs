using System.Text;

namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>
/// Writes values into a growing buffer. A number takes as many bytes as it needs, seven bits each, the lowest bits
/// first.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
sealed class ByteWriter(int capacity = 256)
{
    byte[] bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public byte[] ToArray() => Written.ToArray();

    public void Clear() => Length = 0;

    /// <summary>Removes the bytes from a position on.</summary>
    public void Truncate(int length) => Length = length;

    public void WriteByte(byte value)
    {
        Reserve(1);
        bytes[Length++] = value;
    }

    /// <summary>Writes a number that is not negative; a negative number would take ten bytes.</summary>
    public void WriteNumber(long value)
    {
        Reserve(10);
        var left = (ulong)value;
        for (; left >= 0x80; left >>= 7)
            bytes[Length++] = (byte)(left | 0x80);
        bytes[Length++] = (byte)left;
    }

    /// <summary>Writes a number that may be negative.</summary>
    public void WriteSigned(long value) => WriteNumber((value << 1) ^ (value >> 63));

    public void WriteRaw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(bytes.AsSpan(Length));
        Length += value.Length;
    }

    public void WriteBlob(ReadOnlySpan<byte> value)
    {
        WriteNumber(value.Length);
        WriteRaw(value);
    }

    /// <summary>Writes a text in UTF-8, with unpaired surrogates escaped as <see cref="LosslessText"/> does.</summary>
    public void WriteText(string value)
    {
        value = LosslessText.Escape(value);
        var length = Encoding.UTF8.GetByteCount(value);
        WriteNumber(length);
        Reserve(length);
        Length += Encoding.UTF8.GetBytes(value, bytes.AsSpan(Length));
    }

    void Reserve(int more)
    {
        if (Length + more > bytes.Length)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + more));
    }
}
