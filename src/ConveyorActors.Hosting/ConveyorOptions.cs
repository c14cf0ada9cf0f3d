using ConveyorActors.Hosting.Options;

namespace ConveyorActors.Hosting;

/// <summary>
/// The options of the buffers in a host's container, bound from the section <c>Conveyor</c> of its configuration. They
/// are validated when the host starts; an error names the key, its value and the valid values.
/// </summary>
/// <remarks>
/// Not safe for use by many threads while options are being changed. An option that is null has the value of the level
/// above: a stage inherits from its pipeline, and a pipeline from <see cref="Buffers"/>; where no level sets it, the
/// default of <see cref="BufferSettings"/> or <see cref="StageSettings"/> applies.
/// </remarks>
public sealed class ConveyorOptions
{
    /// <summary>The section of the configuration that the options are bound from.</summary>
    public const string SectionName = "Conveyor";

    /// <summary>
    /// Gets or sets the directory that keeps the records when the process ends; null: records are in memory only.
    /// Default null.
    /// </summary>
    public string? DataDirectory { get; set; }

    /// <summary>
    /// Gets or sets the largest size of the data file, in bytes; beyond that the buffers behave as if the disk were
    /// full. Default null: as large as the disk allows; from 1,048,576.
    /// </summary>
    public long? MaxDataBytes { get; set; }

    /// <summary>
    /// Gets or sets the most bytes, approximately, of each pipeline's records in memory while they are in the data
    /// directory too; each record counts as its own bytes and 128 more. Records beyond it are read back from disk when
    /// their turn comes. Default null: 64 MiB; from 0.
    /// </summary>
    public long? MaxInMemoryBytes { get; set; }

    /// <summary>Gets the options of every pipeline without options of its own.</summary>
    public BufferOptions Buffers { get; } = new();

    /// <summary>
    /// Gets the pipelines with options of their own, by name. They are created when the host starts. Names are case
    /// sensitive, and keys of a configuration are not: a name is spelled as in the first source that has it.
    /// </summary>
    public IDictionary<string, PipelineOptions> Pipelines { get; } =
        new Dictionary<string, PipelineOptions>(StringComparer.Ordinal);

    /// <summary>Gets the options of consumers, by the name of their type without the namespace, in any case.</summary>
    public IDictionary<string, ConsumerOptions> Consumers { get; } =
        new Dictionary<string, ConsumerOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gets or sets the time for consumers to finish pending records when the host stops; the host's own
    /// <c>ShutdownTimeout</c> (30 s) also ends the wait. From 0 (only open leases are finished) to one day. Default
    /// null: 20 s if records are in memory, and 0 if they are kept in a data directory. Over actors, null means the
    /// value of <c>conveyor.stop-deadline</c>.
    /// </summary>
    public TimeSpan? StopDeadline { get; set; }

    /// <summary>Gets the options of buffers that are actors; buffers in this process have none.</summary>
    public ActorOptions Actors { get; } = new();

    /// <summary>Gets the limits beyond which the health check reports the buffers as degraded.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>Gets the errors found while reading the configuration.</summary>
    internal BindingErrors BindingErrors { get; } = new();
}
