using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers;

/// <summary>
/// Specifies the limits of one <see cref="BufferManager{T}"/> and how it handles records. Immutable; each value is
/// checked when it is set.
/// </summary>
public sealed record BufferSettings
{
    /// <summary>
    /// The most records pending or promised in the whole manager. Default 100,000; from 1 to 2,000,000,000.
    /// </summary>
    public int MaxTotalRecords
    {
        get;
        init => field = ValidateLimit(value);
    } = 100_000;

    /// <summary>The most records pending or promised in one stage. Default 10,000; from 1 to 2,000,000,000.</summary>
    public int MaxPerStage
    {
        get;
        init => field = ValidateLimit(value);
    } = 10_000;

    /// <summary>
    /// The most records pending or promised of one source, over all stages. Default 5,000; from 1 to 2,000,000,000.
    /// </summary>
    public int MaxPerSource
    {
        get;
        init => field = ValidateLimit(value);
    } = 5_000;

    /// <summary>
    /// The most bytes in the whole manager; null: not limited. Default null; from 1. Needs
    /// <see cref="BufferManagerOptions{T}.SizeOf"/>.
    /// </summary>
    public long? MaxTotalBytes
    {
        get;
        init => field = ValidateBytes(value);
    }

    /// <summary>The most bytes in one stage; null: not limited. Default null; from 1.</summary>
    public long? MaxBytesPerStage
    {
        get;
        init => field = ValidateBytes(value);
    }

    /// <summary>The most bytes of one source over all stages; null: not limited. Default null; from 1.</summary>
    public long? MaxBytesPerSource
    {
        get;
        init => field = ValidateBytes(value);
    }

    /// <summary>
    /// The high watermark: a source is paused at this fill. Default 0.8; above the low watermark, at most 1.
    /// </summary>
    public double BackpressureThreshold
    {
        get;
        init =>
            field = value is > 0 and <= 1
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(BackpressureThreshold),
                    value,
                    $"BackpressureThreshold is {value}; it must be above 0 and at most 1."
                );
    } = 0.8;

    /// <summary>
    /// The low watermark: at this fill or below, a source continues at full speed. Default three quarters of
    /// <see cref="BackpressureThreshold"/> (0.6 of 0.8); above 0, below the high watermark.
    /// </summary>
    public double LowWatermark
    {
        get => field == 0 ? BackpressureThreshold * 0.75 : field;
        init =>
            field = value is > 0 and < 1
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(LowWatermark),
                    value,
                    $"LowWatermark is {value}; it must be above 0 and below BackpressureThreshold."
                );
    }

    /// <summary>Gets the settings of every stage that has no settings of its own.</summary>
    public StageSettings Stage
    {
        get;
        init =>
            field =
                value ?? throw new ArgumentNullException(nameof(Stage), "Stage is null; it must be a StageSettings.");
    } = new();

    /// <summary>
    /// The time for which a stage, a source or a whole pipeline must be idle and empty before it is removed. Default 5
    /// minutes; from 1 ms, or infinite: never removed.
    /// </summary>
    public TimeSpan IdleAfter
    {
        get;
        init => field = Durations.ValidatePositive(value);
    } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Checks that the low watermark is below the high watermark and returns these settings. Called by the manager.
    /// </summary>
    /// <exception cref="ArgumentException">Two values contradict each other; the message names both.</exception>
    public BufferSettings Validate() =>
        LowWatermark < BackpressureThreshold
            ? this
            : throw new ArgumentException(
                $"LowWatermark is {LowWatermark} and BackpressureThreshold is {BackpressureThreshold}; LowWatermark must be the lower one."
            );

    static int ValidateLimit(int value, [CallerMemberName] string name = "") =>
        value is >= 1 and <= 2_000_000_000
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from 1 to 2,000,000,000 records."
            );

    static long? ValidateBytes(long? value, [CallerMemberName] string name = "") =>
        value is null or >= 1
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be at least 1 byte, or null for no limit."
            );
}
