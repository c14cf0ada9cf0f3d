namespace ConveyorActors.Pipelines.Commands;

/// <summary>Specifies how a command ended.</summary>
enum CommandEnd
{
    /// <summary>With an exit code that means success.</summary>
    Done,

    /// <summary>With another exit code, or by writing more than may be held.</summary>
    Failed,

    /// <summary>By a timeout, after which it was killed.</summary>
    TimedOut,

    /// <summary>By being killed because the run has ended.</summary>
    Killed,

    /// <summary>Never started, for a reason that does not depend on its lines.</summary>
    CannotRun,
}

/// <summary>The result of a command for its lines.</summary>
/// <param name="End">The way the command ended.</param>
/// <param name="ExitCode">The exit code, if the command ended by itself.</param>
/// <param name="Error">The reason why the command did not succeed, in a few words.</param>
/// <param name="Results">The lines that the command wrote, if it succeeded.</param>
readonly record struct CommandResult(CommandEnd End, int ExitCode, string Error, ReadOnlyMemory<ConveyorRecord> Results)
{
    /// <summary>
    /// Gets whether the results began with the header that the command was given, although it writes nothing for the
    /// header alone.
    /// </summary>
    public bool PassesHeader { get; init; }

    /// <summary>
    /// Gets how many lines a persistent command had replied to when it failed before the end of its lines;
    /// <see cref="Results"/> are the replies. 0: none of its lines is done.
    /// </summary>
    public int Replied { get; init; }

    /// <summary>
    /// Gets the index of the oldest line without a reply, for a persistent command. Null: the failure is not tied to
    /// one line.
    /// </summary>
    public int? Suspect { get; init; }

    /// <summary>
    /// Gets whether the command died of a signal that a terminal or a service manager sends to all processes of a run
    /// at once.
    /// </summary>
    public bool MayBeStopSignal =>
        End == CommandEnd.Failed && ExitCode is 128 + 1 or 128 + 2 or 128 + 15 or WindowsShell.ConsoleControlExit;
}
