namespace ConveyorActors.Pipelines.Commands;

/// <summary>How a command's processes ended, whatever that means for its lines.</summary>
enum ExitKind
{
    /// <summary>By itself, and its output is whole.</summary>
    Exited,

    /// <summary>It was killed, because it was told to stop.</summary>
    Stopped,

    /// <summary>It was killed, because it wrote more than may be held.</summary>
    Flooded,

    /// <summary>By itself, but what it left in the background went on writing.</summary>
    StillWritten,

    /// <summary>By itself, and another part of this process has taken its exit code.</summary>
    Unknown,
}

/// <param name="Kind">How.</param>
/// <param name="Code">The exit code, or 128 and the signal, when it exited.</param>
readonly record struct CommandExit(ExitKind Kind, int Code = 0);
