using System.Text;

namespace ConveyorActors.Buffers.Stores.Format;

/// <summary>Bytes that grow: numbers take as many as they need, seven bits each, the lowest first.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class ByteWriter(int capacity = 256)
{
    byte[] bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public byte[] ToArray() => Written.ToArray();

    public void Clear() => Length = 0;

    /// <summary>Forgets what was written from a place on.</summary>
    public void CutTo(int length) => Length = length;

    public void Byte(byte value)
    {
        Reserve(1);
        bytes[Length++] = value;
    }

    /// <summary>A number that is not negative; a negative one takes ten bytes.</summary>
    public void Number(long value)
    {
        Reserve(10);
        var left = (ulong)value;
        for (; left >= 0x80; left >>= 7)
            bytes[Length++] = (byte)(left | 0x80);
        bytes[Length++] = (byte)left;
    }

    /// <summary>A number that may be negative.</summary>
    public void Signed(long value) => Number((value << 1) ^ (value >> 63));

    public void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(bytes.AsSpan(Length));
        Length += value.Length;
    }

    public void Blob(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        Raw(value);
    }

    /// <summary>A text in UTF-8, with half a surrogate pair escaped as <see cref="LosslessText"/> does.</summary>
    public void Text(string value)
    {
        value = LosslessText.Escape(value);
        var length = Encoding.UTF8.GetByteCount(value);
        Number(length);
        Reserve(length);
        Length += Encoding.UTF8.GetBytes(value, bytes.AsSpan(Length));
    }

    void Reserve(int more)
    {
        if (Length + more > bytes.Length)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + more));
    }
}
