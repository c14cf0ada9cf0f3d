namespace ConveyorActors.Hosting.Options;

/// <summary>When the health check reports the buffers as degraded.</summary>
public sealed class HealthOptions
{
    /// <summary>
    /// Gets or sets how long a pipeline or a stage may be as full as its
    /// <see cref="BufferSettings.BackpressureThreshold"/>, as seen by one check after the other. Default 1 minute; from
    /// 0 to one day, or infinite: fullness is not reported.
    /// </summary>
    public TimeSpan FullFor { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Gets or sets how old the oldest record that waits in a stage may be. Default infinite: it is not reported; from
    /// 1 ms.
    /// </summary>
    public TimeSpan BacklogAge { get; set; } = Timeout.InfiniteTimeSpan;
}
