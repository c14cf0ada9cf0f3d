using System.Collections;
using System.Runtime.Versioning;
using ConveyorActors.Pipelines.Commands.Unix;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// Decides whether a program that is started directly finds what the shell would give it: the same environment, and the
/// program that PATH leads to now.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
[UnsupportedOSPlatform("windows")]
static class PlainEnvironment
{
    /// <summary>Variables that a shell sets or resets.</summary>
    static readonly string[] OfShell = ["IFS", "OPTIND", "PPID", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS"];

    static readonly string[]? Path = Environment.GetEnvironmentVariable("PATH")?.Split(':');

    /// <summary>Gets whether the shell would pass on the environment of this process as it is.</summary>
    public static bool IsUnchangedByShell { get; } =
        IsCurrentDirectory(Environment.GetEnvironmentVariable("PWD"))
        && Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .All(entry => entry.Key is string name && IsName(name) && !OfShell.Contains(name));

    /// <summary>Returns whether a program is the first of its name on PATH.</summary>
    public static bool IsStillFirst(string word, string path)
    {
        foreach (var directory in Path ?? [])
        {
            if (!directory.StartsWith('/'))
                return false;
            var candidate = $"{directory.TrimEnd('/')}/{word}";
            if (candidate == path)
                return true;
            if (LibC.Access(candidate, LibC.ExecuteAccess) == 0)
                return false;
        }
        return false;
    }

    static bool IsCurrentDirectory(string? path)
    {
        try
        {
            return path == Directory.GetCurrentDirectory();
        }
        catch (IOException)
        {
            return false; // it was removed
        }
    }

    static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
