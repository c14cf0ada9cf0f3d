using System.Text;

namespace ConveyorActors.Storage.Format;

/// <summary>Bytes that grow: numbers take as many as they need, seven bits each, the lowest first.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class ByteWriter(int capacity = 256)
{
    byte[] bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value)
    {
        Reserve(1);
        bytes[Length++] = value;
    }

    public void Number(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        bytes[Length++] = (byte)value;
    }

    /// <summary>A number that may be negative.</summary>
    public void Signed(long value) => Number((ulong)(value << 1) ^ (ulong)(value >> 63));

    public void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(bytes.AsSpan(Length));
        Length += value.Length;
    }

    public void Blob(ReadOnlySpan<byte> value)
    {
        Number((ulong)value.Length);
        Raw(value);
    }

    public void Text(string value)
    {
        value = WholeText.Escape(value);
        var length = Encoding.UTF8.GetByteCount(value);
        Number((ulong)length);
        Reserve(length);
        Length += Encoding.UTF8.GetBytes(value, bytes.AsSpan(Length));
    }

    void Reserve(int more)
    {
        if (Length + more > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + more));
    }
}
