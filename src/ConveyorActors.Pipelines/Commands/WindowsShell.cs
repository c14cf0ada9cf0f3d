namespace ConveyorActors.Pipelines.Commands;

/// <summary>How cmd.exe is given a command, and which commands it cannot run.</summary>
static class WindowsShell
{
    /// <summary>The exit code of a program that Ctrl-C, Ctrl-Break or the closing of its console has ended.</summary>
    public const int ConsoleControlExit = unchecked((int)0xC000013A);

    /// <summary>Maximum characters of a command line of cmd.exe.</summary>
    const int MaxLength = 8_191;

    /// <summary>
    /// Gets the path of cmd.exe. A name alone would be looked up in the working directory before the system's.
    /// </summary>
    public static string Path => System.IO.Path.Combine(Environment.SystemDirectory, "cmd.exe");

    /// <summary>Returns the arguments with which cmd.exe runs a command.</summary>
    /// <remarks>
    /// With /s, cmd.exe removes the first and the last quote and takes what is between them as it is: nothing in the
    /// command must be escaped. /d leaves out the commands that the registry names for each start of cmd.exe.
    /// </remarks>
    public static string FormatArguments(string command) => $"/d /s /c \"{command}\"";

    /// <summary>
    /// Returns the reason why cmd.exe would run only a part of a command, or none of it; null: it runs the command.
    /// </summary>
    public static string? Validate(string command) =>
        command.AsSpan().ContainsAny('\r', '\n')
            ? "has a command of more than one line, of which cmd.exe runs only the first; join the lines by &&, or name a batch file"
        : FormatArguments(command).Length > MaxLength - Path.Length
            ? $"has a command of {command.Length} characters, and cmd.exe takes at most {MaxLength} with its own arguments; name a batch file"
        : null;
}
