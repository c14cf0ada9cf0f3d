using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage;

/// <summary>The options of a data directory.</summary>
public sealed record DataDirectoryOptions
{
    /// <summary>
    /// Gets the size of the write-ahead log, in bytes, at which its content is moved into the data file. Default 64
    /// MiB; from 64 KiB.
    /// </summary>
    public long CheckpointBytes
    {
        get;
        init =>
            field =
                value >= 64 << 10
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(CheckpointBytes),
                        value,
                        $"CheckpointBytes is {value}; it must be at least 65,536 bytes."
                    );
    } = 64 << 20;

    /// <summary>
    /// Gets the most bytes of the data file; beyond it, writing fails as on a full disk. Null: as large as the disk
    /// allows. From 1 MiB.
    /// </summary>
    public long? MaxBytes
    {
        get;
        init =>
            field = value is null or >= 1 << 20
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxBytes),
                    value,
                    $"MaxBytes is {value}; it must be at least 1,048,576 bytes, or null."
                );
    }

    /// <summary>
    /// Gets the most bytes, approximately, of each pipeline's records in memory; each record counts as its own bytes
    /// and 128 more. Records beyond it are only on disk until their turn comes. Default 64 MiB; from 0, where each
    /// source has about one record in memory at each stage; null: every record is in memory until it is settled.
    /// </summary>
    public long? MaxInMemoryBytes
    {
        get;
        init =>
            field = value is null or >= 0
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxInMemoryBytes),
                    value,
                    $"MaxInMemoryBytes is {value}; it must be 0 or more, or null."
                );
    } = 64 << 20;

    /// <summary>
    /// Gets the bytes of a page of a new data file. Small pages make small files, of which a test can try every byte.
    /// </summary>
    internal int PageSize { get; init; } = 4_096;

    /// <summary>Gets whether the write-ahead log is preallocated. Off in a test that tries every byte of it.</summary>
    internal bool KeepsLogAhead { get; init; } = true;

    /// <summary>
    /// Gets the name of the file system that SQLite works on; null: the default one. A test's own file system observes
    /// the writes and syncs.
    /// </summary>
    internal string? FileSystem { get; init; }

    /// <summary>Gets the action that syncs a directory.</summary>
    internal Action<string> SyncDirectory { get; init; } = DirectorySync.Sync;
}
