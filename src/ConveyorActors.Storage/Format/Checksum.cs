using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Format;

/// <summary>The checksum of one row: CRC-32C over its table, its id and its columns.</summary>
/// <remarks>
/// Every change of a single byte changes the checksum. A damaged row, and a row that appears under another id, are both
/// detected.
/// </remarks>
struct Checksum
{
    uint crc;

    public static Checksum Start(RowKind table, long id)
    {
        var sum = new Checksum { crc = uint.MaxValue };
        sum.Add((long)table);
        sum.Add(id);
        return sum;
    }

    public void Add(long value) => crc = BitOperations.Crc32C(crc, (ulong)value);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(
                crc,
                BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word)
            );
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
    }

    public void Add(string? text)
    {
        if (text is null)
            Add(-1);
        else
            Add(Encoding.UTF8.GetBytes(LosslessText.Escape(text)));
    }

    public readonly long Value => crc;
}
