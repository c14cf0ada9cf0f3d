namespace ConveyorActors.Storage;

/// <summary>Specifies why a data directory cannot be used.</summary>
public enum StorageFailure
{
    /// <summary>Another process has the directory open; the message names the process.</summary>
    InUse,

    /// <summary>The directory cannot be read, written or created.</summary>
    CannotOpen,

    /// <summary>A newer version of the program has written the directory.</summary>
    NewerFormat,

    /// <summary>
    /// The content cannot be trusted as a whole. Nothing was changed; <c>conveyor fsck DIR --repair</c> saves
    /// everything that can be read.
    /// </summary>
    Damaged,
}

/// <summary>
/// The exception for a data directory that cannot be used. The message names the directory, the reason and the remedy
/// in a sentence.
/// </summary>
public sealed class StorageException(StorageFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Gets the kind of failure.</summary>
    public StorageFailure Failure => failure;
}
