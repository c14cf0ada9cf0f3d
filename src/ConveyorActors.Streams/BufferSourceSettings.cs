namespace ConveyorActors.Streams;

/// <summary>How a <see cref="BufferSource"/> works. Immutable; each value is checked when it is set.</summary>
public sealed record BufferSourceSettings
{
    /// <summary>
    /// Records leased at a time, and thus how many may lie in the source ready to be emitted. Default 256; from 1 to
    /// 1,000,000.
    /// </summary>
    public int BatchSize
    {
        get;
        init => field = Validate.InRange(value, 1, 1_000_000, "records");
    } = 256;

    /// <summary>The consumer's name, shown where a source asks why it is held. Default null: none.</summary>
    public string? Consumer { get; init; }

    /// <summary>The clock that lease deadlines are measured by: the service's. Default: the system's.</summary>
    public TimeProvider Clock
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(
                    nameof(Clock),
                    "Clock is null; it must be a TimeProvider (TimeProvider.System for the system's)."
                );
    } = TimeProvider.System;
}
