using System.Buffers.Binary;
using System.Globalization;
using ConveyorActors.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Replaces a damaged first page of a data file, without which SQLite reads none of its tables. The page has the header
/// and the definitions of the tables, which are the same in every file.
/// </summary>
static class FirstPage
{
    /// <summary>
    /// Returns whether the header of a data file has the size of its pages. SQLite reads the first page with another
    /// possible size, too, and then all others at the wrong places.
    /// </summary>
    public static bool HasRightPageSize(string path)
    {
        // SQLite has the file open.
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite);
        return SqliteHeader.Read(file).PageSize == FindPageSize(file);
    }

    /// <summary>Returns what a repair would do about the first page; null: nothing, because nothing can be read.</summary>
    /// <param name="directory">The path of the data directory.</param>
    public static string? DescribeReplacement(string directory)
    {
        var path = Path.Combine(directory, DataFile.Name);
        if (CountPages(path) >= 2)
            return "its first page is damaged; a repair (--repair) replaces it, and may find more records";
        return GetLogLength(path) is > 0 and var length
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"its log, {DataFile.Name}-wal, has {length:N0} bytes; a repair (--repair) reads it, and may find all records"
            )
            : null;
    }

    static long GetLogLength(string path) => new FileInfo(path + "-wal") is { Exists: true } log ? log.Length : 0;

    static long CountPages(string path)
    {
        if (!File.Exists(path))
            return 0;
        // SQLite may have the file open.
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite);
        return CountPages(file, FindPageSize(file));
    }

    static long CountPages(SafeFileHandle file, int size) => (RandomAccess.GetLength(file) + size - 1) / size;

    /// <summary>
    /// Replaces the page by that of a new file. A file without any page becomes a new file if it has a log: the log may
    /// have all that was written. Returns whether the file was changed.
    /// </summary>
    /// <param name="directory">The path of the data directory.</param>
    public static bool Replace(string directory)
    {
        var path = Path.Combine(directory, DataFile.Name);
        var hasLog = GetLogLength(path) > 0;
        if (!hasLog && !File.Exists(path))
            return false;
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var size = FindPageSize(file);
        var pages = CountPages(file, size);
        var created = CreateFile(Replacement.Begin(directory), size);
        if (pages >= 2)
        {
            BinaryPrimitives.WriteUInt32BigEndian(created.AsSpan(SqliteHeader.PagesAt), (uint)pages);
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

    /// <summary>
    /// Returns the page size of a file: the usual one or that of its header, whichever makes the pages after the first
    /// one roots of tables.
    /// </summary>
    static int FindPageSize(SafeFileHandle file)
    {
        var usual = new DataDirectoryOptions().PageSize;
        return !HasRoots(file, usual) && SqliteHeader.Read(file).PageSize is { } said && HasRoots(file, said)
            ? said
            : usual;
    }

    /// <summary>Returns whether most of the pages that are roots of tables begin as the page of a table does.</summary>
    static bool HasRoots(SafeFileHandle file, int pageSize)
    {
        const int first = 1,
            roots = 9;
        const byte interior = 5,
            leaf = 13;
        var found = 0;
        Span<byte> kind = stackalloc byte[1];
        for (var page = first; page < first + roots; page++)
            if (RandomAccess.Read(file, kind, (long)page * pageSize) == 1 && kind[0] is interior or leaf)
                found++;
        return found > roots / 2;
    }
}
