namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of pipelines. Each option corresponds to the property of the same name in <see cref="BufferSettings"/>,
/// which documents its default and range.
/// </summary>
public class BufferOptions
{
    /// <summary>
    /// Gets or sets the most records pending or promised in a whole pipeline
    /// (<see cref="BufferSettings.MaxTotalRecords"/>).
    /// </summary>
    public int? MaxTotalRecords { get; set; }

    /// <summary>
    /// Gets or sets the most records pending or promised in one stage (<see cref="BufferSettings.MaxPerStage"/>).
    /// </summary>
    public int? MaxPerStage { get; set; }

    /// <summary>
    /// Gets or sets the most records pending or promised of one source (<see cref="BufferSettings.MaxPerSource"/>).
    /// </summary>
    public int? MaxPerSource { get; set; }

    /// <summary>Gets or sets the most bytes in a whole pipeline (<see cref="BufferSettings.MaxTotalBytes"/>).</summary>
    public long? MaxTotalBytes { get; set; }

    /// <summary>Gets or sets the most bytes in one stage (<see cref="BufferSettings.MaxBytesPerStage"/>).</summary>
    public long? MaxBytesPerStage { get; set; }

    /// <summary>Gets or sets the most bytes of one source (<see cref="BufferSettings.MaxBytesPerSource"/>).</summary>
    public long? MaxBytesPerSource { get; set; }

    /// <summary>
    /// Gets or sets the fill at which sources are paused (<see cref="BufferSettings.BackpressureThreshold"/>).
    /// </summary>
    public double? BackpressureThreshold { get; set; }

    /// <summary>
    /// Gets or sets the fill at which sources continue at full speed (<see cref="BufferSettings.LowWatermark"/>).
    /// </summary>
    public double? LowWatermark { get; set; }

    /// <summary>
    /// Gets or sets the time after which an idle and empty stage, source or pipeline is removed
    /// (<see cref="BufferSettings.IdleAfter"/>).
    /// </summary>
    [CanBeInfinite]
    public TimeSpan? IdleAfter { get; set; }

    /// <summary>Gets the options of stages without options of their own (<see cref="BufferSettings.Stage"/>).</summary>
    public StageOptions Stage { get; } = new();
}
