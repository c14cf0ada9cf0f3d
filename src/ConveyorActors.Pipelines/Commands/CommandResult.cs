namespace ConveyorActors.Pipelines.Commands;

/// <summary>How a command ended.</summary>
enum CommandEnd
{
    /// <summary>With an exit code that means done.</summary>
    Done,

    /// <summary>With another exit code, or it wrote more than may be held.</summary>
    Failed,

    /// <summary>It took too long and was killed.</summary>
    TimedOut,

    /// <summary>It was killed because the run is over.</summary>
    Killed,

    /// <summary>It cannot be run at all: no other lines would change that.</summary>
    CannotRun,
}

/// <summary>What a command did with its lines.</summary>
/// <param name="End">How it ended.</param>
/// <param name="ExitCode">Its exit code, when it ended by itself.</param>
/// <param name="Error">Why it is not done, in a few words.</param>
/// <param name="Results">The lines it wrote, when it is done.</param>
readonly record struct CommandResult(CommandEnd End, int ExitCode, string Error, ReadOnlyMemory<ConveyorRecord> Results)
{
    /// <summary>
    /// Gets whether its results began with the header that it was given, although it writes nothing for that alone.
    /// </summary>
    public bool PassesHeader { get; init; }

    /// <summary>
    /// Of a command that stays and did not come to the end of its lines: how many it had replied to.
    /// <see cref="Results"/> are the replies. 0: none of its lines is done.
    /// </summary>
    public int Answered { get; init; }

    /// <summary>
    /// Of a command that stays: the place of the oldest line without a reply. Null: the failure is not tied to one
    /// line.
    /// </summary>
    public int? Suspect { get; init; }

    /// <summary>
    /// Gets whether it died of a signal that a terminal or a service manager sends to all of a run's processes at once.
    /// </summary>
    public bool MayBeStopSignal => End == CommandEnd.Failed && ExitCode is 128 + 1 or 128 + 2 or 128 + 15;
}
