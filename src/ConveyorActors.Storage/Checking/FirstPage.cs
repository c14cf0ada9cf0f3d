using System.Buffers.Binary;
using System.Numerics;
using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Replaces a damaged first page of a data file, without which SQLite reads none of its tables. The page has the header
/// and the definitions of the tables, which are the same in every file.
/// </summary>
static class FirstPage
{
    public const string Advice = "its first page is damaged; a repair replaces it, and may find more records";

    const int PageSizeAt = 16,
        PagesAt = 28,
        SmallestPage = 512,
        LargestPage = 65_536;

    /// <summary>
    /// Replaces the page by that of a new file. A file without any page becomes a new file if it has a log: the log may
    /// have all that was written. Returns whether the file was changed.
    /// </summary>
    /// <param name="directory">The path of the data directory.</param>
    public static bool Replace(string directory)
    {
        var path = Path.Combine(directory, DataFile.Name);
        var hasLog = new FileInfo(path + "-wal") is { Exists: true, Length: > 0 };
        if (!hasLog && !File.Exists(path))
            return false;
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var size = ReadPageSize(file) ?? new DataDirectoryOptions().PageSize;
        var pages = (RandomAccess.GetLength(file) + size - 1) / size;
        var created = CreateFile(Replacement.Begin(directory), size);
        if (pages >= 2)
        {
            BinaryPrimitives.WriteUInt32BigEndian(created.AsSpan(PagesAt), (uint)pages);
            RandomAccess.Write(file, created.AsSpan(0, size), 0);
        }
        else if (hasLog)
            RandomAccess.Write(file, created, 0);
        return pages >= 2 || hasLog;
    }

    /// <summary>Returns the bytes of a new data file.</summary>
    static byte[] CreateFile(string path, int pageSize)
    {
        using (var created = DataFile.Open(path, new() { PageSize = pageSize }))
            created.MakeTables();
        return File.ReadAllBytes(path);
    }

    /// <summary>Returns the page size in the header; null: it has none that is possible.</summary>
    static int? ReadPageSize(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        Span<byte> size = stackalloc byte[2];
        if (RandomAccess.Read(file, size, PageSizeAt) < size.Length)
            return null;
        var read = BinaryPrimitives.ReadUInt16BigEndian(size);
        return read == 1 ? LargestPage
            : read >= SmallestPage && BitOperations.IsPow2(read) ? read
            : null;
    }
}
