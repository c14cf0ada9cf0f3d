using System.IO.Compression;

namespace ConveyorActors.Pipelines.Files;

/// <summary>Recognizes compressed files by names ending in .gz; the content is never examined.</summary>
static class GzipNames
{
    /// <summary>Returns whether a path names a file in gzip format.</summary>
    public static bool Is(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Compresses bytes into one gzip member, which can be decompressed independently of earlier members.
    /// </summary>
    public static ReadOnlyMemory<byte> CompressMember(ReadOnlySpan<byte> bytes)
    {
        // For no bytes, .NET writes no header at all.
        if (bytes.Length == 0)
            return Empty;
        var member = new MemoryStream((bytes.Length / 2) + 64);
        using (var gzip = new GZipStream(member, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(bytes);
        return member.GetBuffer().AsMemory(0, (int)member.Length);
    }

    /// <summary>Gets the length of an empty member in bytes; all other members are longer.</summary>
    public static int EmptyLength => Empty.Length;

    /// <summary>An empty member: the content of a gzip file without data.</summary>
    static readonly byte[] Empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}
