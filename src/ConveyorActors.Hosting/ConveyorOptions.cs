using ConveyorActors.Hosting.Options;

namespace ConveyorActors.Hosting;

/// <summary>
/// The options of the buffers in a host's container, bound from the section <c>Conveyor</c> of its configuration. They
/// are validated when the host starts; an error names the key, its value and what would be right.
/// </summary>
/// <remarks>
/// Not safe for use by many threads while it is changed. Options that are null have the default of
/// <see cref="BufferSettings"/> or <see cref="StageSettings"/>, or that of the level above: a stage takes over what its
/// pipeline says, and a pipeline what <see cref="Buffers"/> says.
/// </remarks>
public sealed class ConveyorOptions
{
    /// <summary>The section of the configuration that the options are bound from.</summary>
    public const string SectionName = "Conveyor";

    /// <summary>
    /// Gets or sets the directory that keeps the records beyond the life of the process; null: they are kept in memory
    /// only. Default null.
    /// </summary>
    public string? DataDirectory { get; set; }

    /// <summary>
    /// Gets or sets what the data file may grow to, in bytes; past that it is as if the disk were full. Default null:
    /// as large as the disk allows; from 1,048,576.
    /// </summary>
    public long? MaxDataBytes { get; set; }

    /// <summary>Gets the limits and habits of every pipeline without options of its own.</summary>
    public BufferOptions Buffers { get; } = new();

    /// <summary>
    /// Gets the pipelines with options of their own, by name. They exist from the start of the host. Names are case
    /// sensitive.
    /// </summary>
    public IDictionary<string, PipelineOptions> Pipelines { get; } =
        new Dictionary<string, PipelineOptions>(StringComparer.Ordinal);

    /// <summary>Gets the options of consumers, by the name of their type without its namespace.</summary>
    public IDictionary<string, ConsumerOptions> Consumers { get; } =
        new Dictionary<string, ConsumerOptions>(StringComparer.Ordinal);

    /// <summary>
    /// Gets or sets how long consumers may finish what is pending when the host stops; the host's own
    /// <c>ShutdownTimeout</c> (30 s) ends the wait, too. From 0 (leases in hand are finished, and nothing else) to one
    /// day. Default null: 20 s where records are in memory, and 0 where they are kept in a data directory. Over actors
    /// null is what <c>conveyor.stop-deadline</c> says.
    /// </summary>
    public TimeSpan? StopDeadline { get; set; }

    /// <summary>Gets when the health check reports the buffers as degraded.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>Gets what could not be read of the configuration.</summary>
    internal List<string> BindingErrors { get; } = [];
}
