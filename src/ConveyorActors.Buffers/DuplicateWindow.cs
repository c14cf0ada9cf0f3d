namespace ConveyorActors.Buffers;

/// <summary>
/// Specifies how long a stage remembers the ids it accepted, and how many of them at most, which bounds their
/// memory: of an id of more than 64 characters only its SHA-256 hash is kept. An id takes some 250 bytes at most.
/// </summary>
public sealed record DuplicateWindow
{
    /// <summary>
    /// The most ids remembered; beyond that the oldest is forgotten. Default 100,000; from 1 to 100,000,000.
    /// </summary>
    public int Count
    {
        get;
        init =>
            field = value is >= 1 and <= 100_000_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Count),
                    value,
                    $"Duplicates.Count is {value}; it must be from 1 to 100,000,000 ids."
                );
    } = 100_000;

    /// <summary>
    /// The time for which an id is remembered. Default 10 minutes; from 1 ms, or infinite: until newer ids replace it.
    /// </summary>
    public TimeSpan Time
    {
        get;
        init => field = Durations.ValidatePositive(value);
    } = TimeSpan.FromMinutes(10);
}
