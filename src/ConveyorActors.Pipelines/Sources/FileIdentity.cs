using System.Globalization;
using System.Security.Cryptography;
using ConveyorActors.Pipelines.Files;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// What tells a file from another one of the same name: its number, where the system has one, and its first bytes.
/// </summary>
/// <param name="Number">What the file system calls it; <see cref="NoNumber"/> where it cannot be had.</param>
/// <param name="Length">How many of the first bytes are looked at.</param>
/// <param name="Hash">Their hash.</param>
sealed record FileIdentity(string Number, int Length, string Hash)
{
    public const string NoNumber = "-";

    const int MostBytes = 4_096;

    public static FileIdentity Of(Stream stream, string path)
    {
        var first = First(stream, MostBytes);
        return new(FileFacts.Number(path) ?? NoNumber, first.Length, HashOf(first));
    }

    /// <summary>Returns what an open file can be known by.</summary>
    public static FileIdentity Of(SafeFileHandle file)
    {
        var first = First(file, MostBytes);
        return new(FileId.Number(file) ?? NoNumber, first.Length, HashOf(first));
    }

    /// <summary>Null when it is no identity.</summary>
    public static FileIdentity? Parse(string text) =>
        text.Split(' ') is [var number, var length, var hash]
        && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && bytes <= MostBytes
            ? new(number, bytes, hash)
            : null;

    /// <summary>Why a file is not this one; null: it is. It may have grown.</summary>
    public string? WhyNot(Stream stream, string path)
    {
        if (Number != NoNumber && FileFacts.Number(path) is { } number && number != Number)
            return "it is another file of the same name";
        var first = First(stream, Length);
        if (first.Length < Length)
            return $"it has {first.Length} bytes, and had at least {Length}";
        return HashOf(first) == Hash ? null : "its first bytes are others";
    }

    /// <summary>
    /// Returns whether an open file begins with the bytes of this one, whatever its number. False when there are none
    /// to tell it by.
    /// </summary>
    public bool BeginsLike(SafeFileHandle file) =>
        Length > 0 && First(file, Length) is var first && first.Length == Length && HashOf(first) == Hash;

    /// <summary>Gets whether more of the first bytes could be looked at than there were.</summary>
    public bool IsShort => Length < MostBytes;

    public override string ToString() => FormattableString.Invariant($"{Number} {Length} {Hash}");

    static byte[] First(Stream stream, int most)
    {
        var before = stream.Position;
        stream.Position = 0;
        var bytes = new byte[most];
        var count = stream.ReadAtLeast(bytes, most, throwOnEndOfStream: false);
        stream.Position = before;
        return bytes[..count];
    }

    static byte[] First(SafeFileHandle file, int most)
    {
        var bytes = new byte[most];
        var count = 0;
        while (count < most && RandomAccess.Read(file, bytes.AsSpan(count), count) is > 0 and var read)
            count += read;
        return bytes[..count];
    }

    static string HashOf(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 8));
}
