using ConveyorActors.Storage;

namespace ConveyorActors.Cli;

/// <summary>The exit codes of the program.</summary>
static class ExitCodes
{
    /// <summary>Everything is settled, or the output was closed by its reader.</summary>
    public const int Done = 0;

    /// <summary>The program could not continue.</summary>
    public const int Failed = 1;

    /// <summary>The usage was wrong; nothing was run.</summary>
    public const int Usage = 2;

    /// <summary>
    /// Everything is settled, but some lines are dead letters or were dropped, or the data directory has lost some.
    /// </summary>
    public const int SomeLost = 3;

    /// <summary>The user stopped the program.</summary>
    public const int Interrupted = 130;

    /// <summary>
    /// Returns the exit code when a data directory cannot be opened. As with a sink, nothing was run if it is in use or
    /// cannot be opened; damage is a failure, which the user must repair.
    /// </summary>
    public static int GetCode(StorageException unusable) => unusable.Failure == StorageFailure.Damaged ? Failed : Usage;
}
