namespace ConveyorActors.Pipelines.Commands;

/// <summary>Specifies how the processes of a command ended, independent of what that means for its lines.</summary>
enum ExitKind
{
    /// <summary>The command exited by itself, and its output is complete.</summary>
    Exited,

    /// <summary>The command was killed because the run was stopped.</summary>
    Stopped,

    /// <summary>The command was killed because it wrote more than may be held.</summary>
    Flooded,

    /// <summary>The command exited by itself, but its background processes continued to write.</summary>
    StillWritten,

    /// <summary>The command exited by itself, but another part of this process has collected its exit code.</summary>
    Unknown,
}

/// <param name="Kind">The way the processes ended.</param>
/// <param name="Code">The exit code, or 128 plus the signal; valid if the command exited.</param>
readonly record struct CommandExit(ExitKind Kind, int Code = 0);
