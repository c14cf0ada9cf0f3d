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

    /// <summary>Replaces the page by that of a new file. Returns false if the file is too short to have any page.</summary>
    /// <param name="directory">The path of the data directory.</param>
    public static bool Replace(string directory)
    {
        var path = Path.Combine(directory, DataFile.Name);
        if (!File.Exists(path))
            return false;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var size = ReadPageSize(file) ?? new DataDirectoryOptions().PageSize;
        var pages = (RandomAccess.GetLength(file) + size - 1) / size;
        if (pages < 2)
            return false;
        var page = CreatePage(Replacement.Begin(directory), size);
        BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(PagesAt), (uint)pages);
        RandomAccess.Write(file, page, 0);
        return true;
    }

    static byte[] CreatePage(string path, int size)
    {
        using (var created = DataFile.Open(path, new() { PageSize = size }))
            created.MakeTables();
        using var file = File.OpenHandle(path);
        var page = new byte[size];
        RandomAccess.Read(file, page, 0);
        return page;
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
