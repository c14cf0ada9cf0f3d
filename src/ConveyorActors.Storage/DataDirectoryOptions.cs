using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage;

/// <summary>How a data directory is kept.</summary>
public sealed record DataDirectoryOptions
{
    /// <summary>Bytes of the log after which it is folded into the data file. Default 64 MiB; from 64 KiB.</summary>
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
    /// What the data file may grow to, in bytes; past that it is as if the disk were full. Null: as large as the disk
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
    /// How many bytes of each pipeline's records are in memory at most, about, each counted as its own bytes and 64
    /// more. What comes in beyond that is only on disk until its turn comes. Default 64 MiB; from 0, where each source
    /// has about one record in memory at each stage; null: everything that comes in is in memory until it is settled.
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
    /// Bytes of a page of the data file, where it is made. Small pages make small files, of which a test can try every
    /// byte.
    /// </summary>
    internal int PageSize { get; init; } = 4_096;

    /// <summary>Fill the log ahead. Not for a test that tries every byte of it.</summary>
    internal bool KeepsLogAhead { get; init; } = true;

    /// <summary>
    /// The file system that SQLite works on, by the name it has there; null: the usual one. A test's own one sees what
    /// is written and synced.
    /// </summary>
    internal string? FileSystem { get; init; }

    /// <summary>Syncs a directory.</summary>
    internal Action<string> SyncDirectory { get; init; } = DirectorySync.Of;
}
