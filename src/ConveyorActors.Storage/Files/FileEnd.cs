using System.Buffers.Binary;
using System.Numerics;

namespace ConveyorActors.Storage.Files;

/// <summary>Compares the length of a data file with the one in its header.</summary>
static class FileEnd
{
    const int HeaderBytes = 100,
        PageSizeAt = 16,
        ChangesAt = 24,
        PagesAt = 28,
        PagesValidForAt = 92,
        SmallestPage = 512,
        LargestPage = 65_536;

    /// <summary>
    /// Returns the length that a data file had, if it is shorter now; null: its end is there, or that cannot be told,
    /// because the log may contain it or the header is not valid.
    /// </summary>
    public static long? FindMissing(string file)
    {
        if (new FileInfo(file + "-wal") is { Exists: true, Length: > 0 } || !File.Exists(file))
            return null;
        using var handle = File.OpenHandle(file);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(handle, header, 0) < HeaderBytes || !header.StartsWith("SQLite format 3\0"u8))
            return null;
        if (!header.Slice(ChangesAt, 4).SequenceEqual(header.Slice(PagesValidForAt, 4)))
            return null;
        int pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[PageSizeAt..]);
        if (pageSize != 1 && (pageSize < SmallestPage || !BitOperations.IsPow2(pageSize)))
            return null;
        var length =
            (pageSize == 1 ? LargestPage : (long)pageSize) * BinaryPrimitives.ReadUInt32BigEndian(header[PagesAt..]);
        return RandomAccess.GetLength(handle) < length ? length : null;
    }

    /// <summary>
    /// Gives a data file its length again, with zeros for the bytes that are missing, if the disk has room. Without them
    /// a little less can be read.
    /// </summary>
    public static void Pad(string file, long length)
    {
        try
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(handle, length);
        }
        catch (IOException)
        {
            // The length in the header may be damaged, too.
        }
    }
}
