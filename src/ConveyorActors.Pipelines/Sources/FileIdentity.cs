using System.Globalization;
using System.Security.Cryptography;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Distinguishes a file from another file of the same name, by its number, if the system has one, and its first bytes.
/// </summary>
/// <param name="Number">The number of the file in the file system; <see cref="NoNumber"/> if there is none.</param>
/// <param name="Length">The number of first bytes that are hashed.</param>
/// <param name="Hash">The hash of the first bytes.</param>
sealed record FileIdentity(string Number, int Length, string Hash)
{
    public const string NoNumber = "-";

    const int MaxBytes = 4_096;

    public static FileIdentity Read(Stream stream, string path)
    {
        var first = ReadFirst(stream, MaxBytes);
        return new(FileFacts.FindNumber(path) ?? NoNumber, first.Length, HashOf(first));
    }

    /// <summary>Returns the identity of an open file.</summary>
    public static FileIdentity Read(SafeFileHandle file)
    {
        var first = ReadFirst(file, MaxBytes);
        return new(FileId.FindNumber(file) ?? NoNumber, first.Length, HashOf(first));
    }

    /// <summary>Parses the text of a checkpoint; returns null if the text is not valid.</summary>
    public static FileIdentity? Parse(string text) =>
        text.Split(' ') is [var number, var length, var hash]
        && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
        && bytes <= MaxBytes
            ? new(number, bytes, hash)
            : null;

    /// <summary>Returns the reason why a file is not this one; null: it is, even if it has grown.</summary>
    public string? DescribeMismatch(Stream stream, string path)
    {
        if (Number != NoNumber && FileFacts.FindNumber(path) is { } number && number != Number)
            return "it is a different file with the same name";
        var first = ReadFirst(stream, Length);
        if (first.Length < Length)
            return $"it has {Quantity.Format(first.Length, "byte")}, but had at least {Quantity.Format(Length, "byte")}";
        return HashOf(first) == Hash ? null : "its first bytes are different";
    }

    /// <summary>
    /// Returns whether an open file begins with the bytes of this one, whatever its number is. False if no first bytes
    /// are known.
    /// </summary>
    public bool HasSameStart(SafeFileHandle file) =>
        Length > 0 && ReadFirst(file, Length) is var first && first.Length == Length && HashOf(first) == Hash;

    /// <summary>Gets whether the file had fewer first bytes than can be hashed.</summary>
    public bool IsShort => Length < MaxBytes;

    public override string ToString() => FormattableString.Invariant($"{Number} {Length} {Hash}");

    static byte[] ReadFirst(Stream stream, int most)
    {
        var before = stream.Position;
        stream.Position = 0;
        var bytes = new byte[most];
        var count = stream.ReadAtLeast(bytes, most, throwOnEndOfStream: false);
        stream.Position = before;
        return bytes[..count];
    }

    static byte[] ReadFirst(SafeFileHandle file, int most)
    {
        var bytes = new byte[most];
        var count = 0;
        while (count < most && RandomAccess.Read(file, bytes.AsSpan(count), count) is > 0 and var read)
            count += read;
        return bytes[..count];
    }

    static string HashOf(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 8));
}
