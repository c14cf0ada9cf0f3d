using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// A hash of the bytes right before an offset up to which a file was read. A file rewritten since then has other bytes.
/// </summary>
/// <param name="Offset">The offset in the file.</param>
/// <param name="Length">The number of bytes before the offset that are hashed.</param>
/// <param name="Hash">The hash of these bytes.</param>
sealed record ReadMark(long Offset, int Length, string Hash)
{
    /// <summary>The text stored when a mark was removed.</summary>
    public const string None = "-";

    const int MaxBytes = 4_096;

    public static ReadMark Read(SafeFileHandle file, long offset)
    {
        var length = (int)Math.Min(offset, MaxBytes);
        return new(offset, length, HashOf(file, offset, length));
    }

    /// <summary>Parses the text of a checkpoint; returns null if the text is not a mark.</summary>
    public static ReadMark? Parse(string? text) =>
        text?.Split(' ') is [var offset, var length, var hash]
        && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
        && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && bytes <= Math.Min(place, MaxBytes)
            ? new(place, bytes, hash)
            : null;

    /// <summary>Returns whether the file still has the same bytes.</summary>
    public bool Matches(SafeFileHandle file) => HashOf(file, Offset, Length) == Hash;

    public override string ToString() => FormattableString.Invariant($"{Offset} {Length} {Hash}");

    static string HashOf(SafeFileHandle file, long offset, int length)
    {
        var bytes = new byte[length];
        var count = 0;
        while (
            count < length && RandomAccess.Read(file, bytes.AsSpan(count), offset - length + count) is > 0 and var read
        )
            count += read;
        return Convert.ToHexString(SHA256.HashData(bytes.AsSpan(0, count)).AsSpan(0, 8));
    }
}
