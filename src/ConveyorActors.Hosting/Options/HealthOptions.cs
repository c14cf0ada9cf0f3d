namespace ConveyorActors.Hosting.Options;

/// <summary>The limits beyond which the health check reports the buffers as degraded.</summary>
public sealed class HealthOptions
{
    /// <summary>
    /// Gets or sets how long a pipeline or a stage may have a fill of at least
    /// <see cref="BufferSettings.BackpressureThreshold"/>, as seen by successive checks. Default 1 minute; from 0 to
    /// one day, or infinite: fullness is not reported.
    /// </summary>
    [CanBeInfinite]
    public TimeSpan FullFor { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Gets or sets the greatest age of the oldest record that waits in a stage. Default infinite: the age is not
    /// reported; from 1 ms.
    /// </summary>
    [CanBeInfinite]
    public TimeSpan BacklogAge { get; set; } = Timeout.InfiniteTimeSpan;
}
