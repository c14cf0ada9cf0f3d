using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// What the bytes right before a place in a file were when it had been read up to there: a file that was rewritten
/// since has others.
/// </summary>
/// <param name="Offset">The place.</param>
/// <param name="Length">How many bytes before it are looked at.</param>
/// <param name="Hash">Their hash.</param>
sealed record ReadMark(long Offset, int Length, string Hash)
{
    /// <summary>Written where there is no mark any more.</summary>
    public const string None = "-";

    const int MostBytes = 4_096;

    public static ReadMark At(SafeFileHandle file, long offset)
    {
        var length = (int)Math.Min(offset, MostBytes);
        return new(offset, length, HashOf(file, offset, length));
    }

    /// <summary>Null when it is no mark.</summary>
    public static ReadMark? Parse(string? text) =>
        text?.Split(' ') is [var offset, var length, var hash]
        && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
        && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && bytes <= Math.Min(place, MostBytes)
            ? new(place, bytes, hash)
            : null;

    /// <summary>True when the bytes are still the same.</summary>
    public bool Holds(SafeFileHandle file) => HashOf(file, Offset, Length) == Hash;

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
