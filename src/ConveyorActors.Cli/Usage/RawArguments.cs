using System.Text.Unicode;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Cli.Usage;

/// <summary>
/// Checks the arguments as bytes. The runtime replaces each byte that is not valid UTF-8, so a path would name another
/// file.
/// </summary>
static class RawArguments
{
    /// <summary>The advice for a file whose name is not UTF-8.</summary>
    public const string FileAdvice =
        "A file with such a name can be given through a link, or as a descriptor: --source /dev/fd/3 3<FILE";

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
                return $"the argument '{RawNames.Escape(argument)}' is not valid UTF-8; it must be UTF-8. {FileAdvice}";
        return null;
    }
}
