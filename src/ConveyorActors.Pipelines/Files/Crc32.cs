using System.Buffers.Binary;

namespace ConveyorActors.Pipelines.Files;

/// <summary>Computes the checksum of gzip members (RFC 1952, section 8), eight bytes at a time.</summary>
struct Crc32
{
    const uint Polynomial = 0xEDB88320;

    static readonly uint[][] tables = CreateTables();

    uint value;

    /// <summary>Gets the checksum of all bytes so far; 0 without bytes.</summary>
    public readonly uint Value => value;

    /// <summary>Adds bytes to the checksum.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        var crc = ~value;
        var t = tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc =
                t[7][(byte)low]
                ^ t[6][(byte)(low >> 8)]
                ^ t[5][(byte)(low >> 16)]
                ^ t[4][low >> 24]
                ^ t[3][(byte)high]
                ^ t[2][(byte)(high >> 8)]
                ^ t[1][(byte)(high >> 16)]
                ^ t[0][high >> 24];
        }
        foreach (var b in bytes)
            crc = t[0][(byte)(crc ^ b)] ^ (crc >> 8);
        value = ~crc;
    }

    static uint[][] CreateTables()
    {
        var all = new uint[8][];
        for (var k = 0; k < all.Length; k++)
            all[k] = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var crc = n;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? Polynomial ^ (crc >> 1) : crc >> 1;
            all[0][n] = crc;
        }
        for (var k = 1; k < all.Length; k++)
        for (var n = 0; n < 256; n++)
            all[k][n] = all[0][(byte)all[k - 1][n]] ^ (all[k - 1][n] >> 8);
        return all;
    }
}
