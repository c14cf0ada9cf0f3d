using System.Buffers.Binary;

namespace ConveyorActors.Storage.Files;

/// <summary>Compares the length of a data file with the one in its header.</summary>
static class FileEnd
{
    const int HeaderBytes = 100,
        PageSizeAt = 16,
        ChangesAt = 24,
        PagesAt = 28,
        PagesValidForAt = 92,
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
        long pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[PageSizeAt..]);
        var length = (pageSize == 1 ? LargestPage : pageSize) * BinaryPrimitives.ReadUInt32BigEndian(header[PagesAt..]);
        return RandomAccess.GetLength(handle) < length ? length : null;
    }

    /// <summary>Gives a data file its length again, with zeros for the bytes that are missing.</summary>
    public static void Pad(string file, long length)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.SetLength(handle, length);
    }
}
