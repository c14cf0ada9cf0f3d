using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace ConveyorActors.Persistence.Format;

/// <summary>A growing byte buffer. Numbers take as many bytes as they need, seven bits each, lowest first.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class ByteWriter(int capacity = 1_024)
{
    byte[] bytes = new byte[capacity];

    public int Length { get; private set; }

    public byte[] ToArray() => bytes.AsSpan(0, Length).ToArray();

    /// <summary>Removes the bytes from a position on.</summary>
    public void CutTo(int length) => Length = length;

    public void Byte(byte value)
    {
        Reserve(1);
        bytes[Length++] = value;
    }

    public void Number(long value)
    {
        Reserve(10);
        var left = (ulong)value;
        for (; left >= 0x80; left >>= 7) bytes[Length++] = (byte)(left | 0x80);
        bytes[Length++] = (byte)left;
    }

    /// <summary>A number that may be negative.</summary>
    public void Signed(long value) => Number((value << 1) ^ (value >> 63));

    public void Blob(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        Raw(value);
    }

    /// <summary>Writes a text in UTF-8, or in UTF-16 if it has half of a surrogate pair (as a cut text may at its end), which UTF-8 cannot encode.</summary>
    public void Text(string value)
    {
        Reserve(10 + 3 * value.Length);
        var start = Length;
        // The length stands first and is not known yet; for nearly all texts it takes one byte.
        var most = 3 * value.Length < 64 ? 1 : 5;
        if (Utf8.FromUtf16(value, bytes.AsSpan(start + most), out _, out var length, replaceInvalidSequences: false) != System.Buffers.OperationStatus.Done)
        {
            var wide = MemoryMarshal.AsBytes(value.AsSpan());
            Number(((long)wide.Length << 1) | 1);
            Raw(wide);
            return;
        }
        Number((long)length << 1);
        bytes.AsSpan(start + most, length).CopyTo(bytes.AsSpan(Length));
        Length += length;
    }

    void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(bytes.AsSpan(Length));
        Length += value.Length;
    }

    void Reserve(int more)
    {
        if (Length + more > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + more));
    }
}
