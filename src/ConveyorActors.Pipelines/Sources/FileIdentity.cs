using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>What tells a file from another one of the same name: its number on its device, where the system has one, and its first bytes.</summary>
/// <param name="Number">Device and inode; "-" where they cannot be had.</param>
/// <param name="Length">How many of the first bytes are looked at.</param>
/// <param name="Hash">Their hash.</param>
sealed record FileIdentity(string Number, int Length, string Hash)
{
    const int MostBytes = 4_096;

    public static FileIdentity Of(Stream stream, string path)
    {
        var first = First(stream, MostBytes);
        return new(NumberOf(path), first.Length, HashOf(first));
    }

    public static FileIdentity Parse(string text)
    {
        var words = text.Split(' ');
        return new(words[0], int.Parse(words[1], CultureInfo.InvariantCulture), words[2]);
    }

    /// <summary>Why a file is not this one; null: it is. It may have grown.</summary>
    public string? WhyNot(Stream stream, string path)
    {
        if (Number != "-" && NumberOf(path) is var number && number != "-" && number != Number) return "it is another file of the same name";
        var first = First(stream, Length);
        if (first.Length < Length) return $"it has {first.Length} bytes, and had at least {Length}";
        return HashOf(first) == Hash ? null : "its first bytes are others";
    }

    public override string ToString() => FormattableString.Invariant($"{Number} {Length} {Hash}");

    public static int ByteAt(Stream stream, long offset)
    {
        var before = stream.Position;
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = before;
        return value;
    }

    static byte[] First(Stream stream, int most)
    {
        var before = stream.Position;
        stream.Position = 0;
        var bytes = new byte[most];
        var count = stream.ReadAtLeast(bytes, most, throwOnEndOfStream: false);
        stream.Position = before;
        return bytes[..count];
    }

    static string HashOf(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 8));

    static string NumberOf(string path)
    {
        if (!OperatingSystem.IsLinux()) return "-";
        Span<byte> answer = stackalloc byte[256];
        try
        {
            const int atCurrentDirectory = -100;
            const uint inode = 0x100;
            if (StatX(atCurrentDirectory, path, 0, inode, ref MemoryMarshal.GetReference(answer)) != 0) return "-";
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return "-";
        }
        // struct statx is the same on every architecture: the inode at 32, the device's numbers at 136 and 140.
        return FormattableString.Invariant($"{MemoryMarshal.Read<uint>(answer[136..])}:{MemoryMarshal.Read<uint>(answer[140..])}:{MemoryMarshal.Read<ulong>(answer[32..])}");
    }

    [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int StatX(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, ref byte answer);
}
