namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// Specifies the limits and the behavior of a <see cref="CoreBuffers{T}"/>. Immutable; each value is checked when it is
/// set.
/// </summary>
public sealed record CoreBuffersSettings
{
    /// <summary>
    /// The number of items that one buffer can hold. Exact, whether a power of two or not (the memory is that of the
    /// next power of two). The batch that the drainer has taken keeps its room until it is settled. Default 16,384;
    /// from 1 to 67,108,864.
    /// </summary>
    public int Capacity
    {
        get;
        init =>
            field = value is >= 1 and <= 67_108_864
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Capacity),
                    value,
                    $"Capacity is {value}; it must be from 1 to 67,108,864 items."
                );
    } = 16_384;

    /// <summary>
    /// The most items that are handed to the sink at once; a batch is smaller where the ring wraps around. Default 256;
    /// from 1 to 1,048,576.
    /// </summary>
    public int BatchSize
    {
        get;
        init =>
            field = value is >= 1 and <= 1_048_576
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(BatchSize),
                    value,
                    $"BatchSize is {value}; it must be from 1 to 1,048,576 items."
                );
    } = 256;

    /// <summary>
    /// The time for which a batch that could be larger waits for more items. Default 0: it is handed over at once. From
    /// 0, or infinite: until the batch is full.
    /// </summary>
    public TimeSpan Linger
    {
        get;
        init => field = LongWait.Validate(value, nameof(Linger));
    }

    /// <summary>
    /// The number of times a batch is handed over again after the sink failed, before the batch becomes dead letters.
    /// Default 3; from 0 to 1,000,000.
    /// </summary>
    public int MaxRetries
    {
        get;
        init =>
            field = value is >= 0 and <= 1_000_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxRetries),
                    value,
                    $"MaxRetries is {value}; it must be from 0 to 1,000,000."
                );
    } = 3;

    /// <summary>
    /// Gets the settings of the time for which a buffer waits after its sink failed. Default
    /// <see cref="BackoffSettings"/>: 100 ms doubling up to 10 s, 20% jitter.
    /// </summary>
    public BackoffSettings Backoff
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(
                    nameof(Backoff),
                    "Backoff is null; it must be a BackoffSettings (BackoffSettings.None for no wait)."
                );
    } = new();

    /// <summary>
    /// The time for which a stop without a deadline lets the drainers work. Default 30 s; from 1 ms, or infinite: until
    /// all items are drained.
    /// </summary>
    public TimeSpan StopDeadline
    {
        get;
        init => field = Durations.ValidatePositive(value);
    } = TimeSpan.FromSeconds(30);
}
