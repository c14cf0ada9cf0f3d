using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>The last bytes of a file, by which a later run recognizes it.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FileEnd
{
    const int Max = 4_096;

    byte[] bytes = new byte[Max],
        spare = new byte[Max];
    int length;

    /// <summary>Gets the hash of the last bytes.</summary>
    public string Hash => HashOf(bytes.AsSpan(0, length));

    /// <summary>Adds bytes that were appended to the file.</summary>
    public void Add(ReadOnlySpan<byte> more)
    {
        if (more.Length >= Max)
        {
            more[^Max..].CopyTo(bytes);
            length = Max;
            return;
        }
        var kept = Math.Min(length, Max - more.Length);
        bytes.AsSpan(length - kept, kept).CopyTo(spare);
        more.CopyTo(spare.AsSpan(kept));
        (bytes, spare, length) = (spare, bytes, kept + more.Length);
    }

    /// <summary>Returns an independent copy.</summary>
    public FileEnd Copy() => new() { bytes = [.. bytes], length = length };

    /// <summary>
    /// Returns the last of the file's first <paramref name="length"/> bytes, or null if the file cannot be read.
    /// </summary>
    public static FileEnd? Read(SafeFileHandle file, long length)
    {
        try
        {
            var end = new FileEnd();
            var from = Math.Max(0, length - Max);
            while (from + end.length < length)
            {
                var count = RandomAccess.Read(
                    file,
                    end.bytes.AsSpan(end.length, (int)(length - from) - end.length),
                    from + end.length
                );
                if (count == 0)
                    break;
                end.length += count;
            }
            return end;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return null;
        }
    }

    static string HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Convert.ToHexString(hash[..8]);
    }
}
