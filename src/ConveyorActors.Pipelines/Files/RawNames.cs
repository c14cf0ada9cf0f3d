using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Finds file names that are not UTF-8. .NET replaces each byte that is not UTF-8, and the name that it returns names
/// no file.
/// </summary>
static class RawNames
{
    const char Replacement = '\ufffd';

    const byte Unknown = 0,
        Folder = 4,
        Link = 10;

    /// <summary>A name that is not UTF-8.</summary>
    /// <param name="Bytes">The bytes of the name.</param>
    /// <param name="MayBeFolder">Whether it may be the name of a directory.</param>
    /// <param name="MayBeFile">Whether it may be the name of anything but a directory.</param>
    public readonly record struct RawName(byte[] Bytes, bool MayBeFolder, bool MayBeFile);

    /// <summary>
    /// Returns the names in a folder that are not UTF-8 and that .NET returns as <paramref name="name"/>; none if the
    /// system does not report names as bytes.
    /// </summary>
    public static IReadOnlyList<RawName> Find(string folder, string name)
    {
        if (!Libc.IsUsable || !name.Contains(Replacement))
            return [];
        var directory = Libc.OpenDirectory(folder);
        if (directory == 0)
            return [];
        try
        {
            var found = new List<RawName>();
            for (nint entry; (entry = Libc.ReadDirectory(directory)) != 0; )
                if (Read(entry) is var raw && !Utf8.IsValid(raw.Bytes) && Encoding.UTF8.GetString(raw.Bytes) == name)
                    found.Add(raw);
            return found;
        }
        finally
        {
            _ = Libc.CloseDirectory(directory);
        }
    }

    /// <summary>
    /// Returns a text of at most about 200 characters, with \xFF in place of each byte that is not part of a character.
    /// </summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder();
        while (bytes.Length > 0 && shown.Length < 200)
        {
            var isCharacter =
                Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (isCharacter)
                shown.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
            else
                foreach (var other in bytes[..length])
                    shown.Append($"\\x{other:X2}");
            bytes = bytes[length..];
        }
        return bytes.Length > 0 ? shown + "..." : shown.ToString();
    }

    /// <summary>Reads a directory entry, whose type and name follow two numbers of 8 bytes and one of 2.</summary>
    static RawName Read(nint entry)
    {
        const int typeAt = 18,
            nameAt = 19;
        var length = 0;
        while (Marshal.ReadByte(entry, nameAt + length) != 0)
            length++;
        var bytes = new byte[length];
        Marshal.Copy(entry + nameAt, bytes, 0, length);
        var type = Marshal.ReadByte(entry, typeAt);
        return new(bytes, type is Unknown or Folder or Link, type is not Folder);
    }
}
