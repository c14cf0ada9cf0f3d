using System.IO.Compression;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Which files are compressed: those whose names end in .gz. What is in a file is never looked at for that.
/// </summary>
static class GzipNames
{
    /// <summary>Gets whether a path names a file in gzip format.</summary>
    public static bool Is(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Compresses bytes into one gzip member, which can be decompressed without those before it.</summary>
    public static ReadOnlyMemory<byte> Member(ReadOnlySpan<byte> bytes)
    {
        // .NET writes not even a header for no bytes.
        if (bytes.Length == 0)
            return Empty;
        var member = new MemoryStream((bytes.Length / 2) + 64);
        using (var gzip = new GZipStream(member, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(bytes);
        return member.GetBuffer().AsMemory(0, (int)member.Length);
    }

    /// <summary>Gets how long a member of no bytes is; all others are longer.</summary>
    public static int EmptyLength => Empty.Length;

    /// <summary>The member of no bytes: what a file in gzip format has that has nothing in it.</summary>
    static readonly byte[] Empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}
