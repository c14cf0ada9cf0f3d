namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The limits and habits of pipelines. Each option is that of the same name in <see cref="BufferSettings"/>, where its
/// default and its range are.
/// </summary>
public class BufferOptions
{
    /// <summary>
    /// Gets or sets the records pending or promised in a whole pipeline (<see cref="BufferSettings.MaxTotalRecords"/>).
    /// </summary>
    public int? MaxTotalRecords { get; set; }

    /// <summary>
    /// Gets or sets the records pending or promised in one stage (<see cref="BufferSettings.MaxPerStage"/>).
    /// </summary>
    public int? MaxPerStage { get; set; }

    /// <summary>
    /// Gets or sets the records pending or promised of one source (<see cref="BufferSettings.MaxPerSource"/>).
    /// </summary>
    public int? MaxPerSource { get; set; }

    /// <summary>Gets or sets the bytes in a whole pipeline (<see cref="BufferSettings.MaxTotalBytes"/>).</summary>
    public long? MaxTotalBytes { get; set; }

    /// <summary>Gets or sets the bytes in one stage (<see cref="BufferSettings.MaxBytesPerStage"/>).</summary>
    public long? MaxBytesPerStage { get; set; }

    /// <summary>Gets or sets the bytes of one source (<see cref="BufferSettings.MaxBytesPerSource"/>).</summary>
    public long? MaxBytesPerSource { get; set; }

    /// <summary>
    /// Gets or sets the fill at which sources are paused (<see cref="BufferSettings.BackpressureThreshold"/>).
    /// </summary>
    public double? BackpressureThreshold { get; set; }

    /// <summary>
    /// Gets or sets the fill at which sources go on at full speed (<see cref="BufferSettings.LowWatermark"/>).
    /// </summary>
    public double? LowWatermark { get; set; }

    /// <summary>Gets or sets how long what is idle and empty stays (<see cref="BufferSettings.IdleAfter"/>).</summary>
    public TimeSpan? IdleAfter { get; set; }

    /// <summary>
    /// Gets how stages without options of their own handle records (<see cref="BufferSettings.Stage"/>).
    /// </summary>
    public StageOptions Stage { get; } = new();
}
