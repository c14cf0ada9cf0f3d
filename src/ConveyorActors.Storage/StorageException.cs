namespace ConveyorActors.Storage;

/// <summary>Why a data directory cannot be used.</summary>
public enum StorageFailure
{
    /// <summary>Another process has it open; the message names it.</summary>
    InUse,

    /// <summary>It cannot be read, written or made.</summary>
    CannotOpen,

    /// <summary>A newer version of the program has written it.</summary>
    NewerFormat,

    /// <summary>
    /// What is in it cannot be trusted as a whole. Nothing was changed; <c>conveyor fsck DIR --repair</c> saves what
    /// can be read.
    /// </summary>
    Damaged,
}

/// <summary>A data directory cannot be used. The message says in a sentence which, why, and what would help.</summary>
public sealed class StorageException(StorageFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Gets why.</summary>
    public StorageFailure Failure => failure;
}
