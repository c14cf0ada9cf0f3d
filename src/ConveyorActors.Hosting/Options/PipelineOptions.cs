namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of one pipeline. Options that are not set have the values in <see cref="ConveyorOptions.Buffers"/>.
/// </summary>
public sealed class PipelineOptions : BufferOptions
{
    /// <summary>
    /// Gets the stages with options of their own, by name. Options that are not set have the values in
    /// <see cref="BufferOptions.Stage"/>. Names are case sensitive.
    /// </summary>
    public IDictionary<string, StageOptions> Stages { get; } =
        new Dictionary<string, StageOptions>(StringComparer.Ordinal);
}
