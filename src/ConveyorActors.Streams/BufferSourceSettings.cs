namespace ConveyorActors.Streams;

/// <summary>The settings of a <see cref="BufferSource"/>. Immutable; each value is validated when it is set.</summary>
public sealed record BufferSourceSettings
{
    /// <summary>
    /// Gets the number of records leased at a time, and so the most records that the source holds ready to emit.
    /// Default 256; from 1 to 1,000,000.
    /// </summary>
    public int BatchSize
    {
        get;
        init => field = Validate.RequireInRange(value, 1, 1_000_000, "records");
    } = 256;

    /// <summary>Gets the consumer's name, shown among the reasons why a source is held. Default null: none.</summary>
    public string? Consumer { get; init; }

    /// <summary>
    /// Gets the clock that lease deadlines are measured by. Must be the service's clock. Default: the system's clock.
    /// </summary>
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
