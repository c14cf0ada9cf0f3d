using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Storage.Files;

/// <summary>The members of a SQLite file's header that a check reads without SQLite.</summary>
/// <param name="PageSize">The size of the file's pages; null: the header has none that is possible.</param>
/// <param name="Pages">The number of the file's pages; null: the header is not valid.</param>
readonly record struct SqliteHeader(int? PageSize, long? Pages)
{
    /// <summary>The offset of the number of pages, four bytes with the highest first.</summary>
    public const int PagesAt = 28;

    const int Length = 100,
        PageSizeAt = 16,
        ChangesAt = 24,
        PagesValidForAt = 92,
        SmallestPage = 512,
        LargestPage = 65_536;

    /// <summary>Reads the header of a file.</summary>
    public static SqliteHeader Read(SafeFileHandle file)
    {
        Span<byte> header = stackalloc byte[Length];
        if (RandomAccess.Read(file, header, 0) < Length)
            return default;
        var read = BinaryPrimitives.ReadUInt16BigEndian(header[PageSizeAt..]);
        int? pageSize =
            read == 1 ? LargestPage
            : read >= SmallestPage && BitOperations.IsPow2(read) ? read
            : null;
        var isValid =
            header.StartsWith("SQLite format 3\0"u8)
            && header.Slice(ChangesAt, 4).SequenceEqual(header.Slice(PagesValidForAt, 4));
        return new(pageSize, isValid ? BinaryPrimitives.ReadUInt32BigEndian(header[PagesAt..]) : null);
    }
}
