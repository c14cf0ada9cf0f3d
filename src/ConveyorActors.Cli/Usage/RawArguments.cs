using System.Text;
using System.Text.Unicode;

namespace ConveyorActors.Cli.Usage;

/// <summary>
/// Checks the arguments as bytes. The runtime replaces each byte that is not valid UTF-8, so a path would name another
/// file.
/// </summary>
static class RawArguments
{
    const string OfThisProcess = "/proc/self/cmdline";

    /// <summary>
    /// Returns the reason why the arguments cannot be used; null: they are UTF-8, or their bytes are not available.
    /// </summary>
    public static string? Validate(IReadOnlyList<string> arguments)
    {
        if (!OperatingSystem.IsLinux() || !arguments.Any(a => a.Contains('\ufffd')))
            return null;
        try
        {
            return Validate(File.ReadAllBytes(OfThisProcess));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="line">The arguments, each ended by NUL.</param>
    public static string? Validate(ReadOnlySpan<byte> line)
    {
        foreach (var range in line.Split((byte)0))
            if (line[range] is var argument && !Utf8.IsValid(argument))
                return $"the argument '{EscapeBytes(argument)}' is not valid UTF-8; it must be UTF-8. A file with such a name can be given through a link, or as a descriptor: --source /dev/fd/3 3<FILE";
        return null;
    }

    /// <summary>Returns the text, with \xFF in place of each byte that is not part of a character.</summary>
    static string EscapeBytes(ReadOnlySpan<byte> bytes)
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
}
