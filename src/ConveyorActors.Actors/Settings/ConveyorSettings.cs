using System.Collections.Frozen;
using Akka.Configuration;

namespace ConveyorActors.Actors.Settings;

/// <summary>
/// The settings of an actor system's configuration (<c>conveyor { }</c>), read once and validated.
/// <see cref="ReferenceConfig"/> explains every key with its default, unit and range. Immutable.
/// </summary>
public sealed record ConveyorSettings
{
    /// <summary>
    /// Gets the reference configuration, the file conveyor.conf of this assembly: every key with its default.
    /// </summary>
    public static Config ReferenceConfig { get; } =
        ConfigurationFactory.FromResource("ConveyorActors.conveyor.conf", typeof(ConveyorSettings).Assembly);

    /// <summary>Gets the settings of every pipeline without settings of its own (<c>conveyor.buffers</c>).</summary>
    public BufferSettings Buffers
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Buffers))).Validate();
    } = new();

    /// <summary>
    /// Gets the pipelines with settings of their own, by name (<c>conveyor.pipelines.NAME</c>). Keys that are not set
    /// there are as in <see cref="Buffers"/>. Names are case sensitive.
    /// </summary>
    public IReadOnlyDictionary<string, PipelineSettings> Pipelines
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Pipelines));
    } = FrozenDictionary<string, PipelineSettings>.Empty;

    /// <summary>Gets the settings of the buffer actors, one per core (<c>conveyor.buffer-actors</c>).</summary>
    public BufferActorSettings BufferActors
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(BufferActors))).Validate();
    } = new();

    /// <summary>
    /// Gets the dispatchers of the actors of pipelines, stages and sources (<c>conveyor.dispatchers</c>).
    /// </summary>
    public DispatcherSettings Dispatchers
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Dispatchers));
    } = new();

    /// <summary>
    /// Gets the settings of the connection between the port and buffers on another node (<c>conveyor.wire</c>).
    /// </summary>
    public WireSettings Wire
    {
        get;
        init => field = (value ?? throw new ArgumentNullException(nameof(Wire))).Validate();
    } = new();

    /// <summary>
    /// Gets whether pipelines store their records in an Akka.Persistence journal, beyond the life of the process
    /// (<c>conveyor.persistence</c>). Default false.
    /// </summary>
    public bool KeepsRecords { get; init; }

    /// <summary>Gets the settings of the journal that records are stored in (<c>conveyor.journal</c>).</summary>
    public JournalSettings Journal
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Journal));
    } = new();

    /// <summary>Gets the settings of pipelines that are spread over a cluster (<c>conveyor.cluster</c>).</summary>
    public ClusterSettings Cluster
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Cluster));
    } = new();

    /// <summary>
    /// Gets how long a caller of the port waits for the reply to a call that never waits for records or room
    /// (<c>conveyor.ask-timeout</c>). Default 10 s; from 1 ms to one day.
    /// </summary>
    public TimeSpan AskTimeout
    {
        get;
        init => field = ValidateUpToOneDay(value, nameof(AskTimeout));
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets how long a graceful stop lets consumers finish (<c>conveyor.stop-deadline</c>). Default 30 s; from 1 ms to
    /// one day.
    /// </summary>
    public TimeSpan StopDeadline
    {
        get;
        init => field = ValidateUpToOneDay(value, nameof(StopDeadline));
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets whether the actor system's coordinated shutdown stops the pipelines gracefully first
    /// (<c>conveyor.coordinated-shutdown</c>). Default true.
    /// </summary>
    public bool RunByCoordinatedShutdown { get; init; } = true;

    /// <summary>Reads the settings.</summary>
    /// <param name="config">
    /// The whole system's configuration (<c>system.Settings.Config</c>). Keys that it lacks are as in
    /// <see cref="ReferenceConfig"/>.
    /// </param>
    /// <exception cref="ConfigurationException">
    /// A key is unknown or its value is wrong; the message names the key, the value and what would be right.
    /// </exception>
    public static ConveyorSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return SettingsReader.Read(config);
    }

    /// <summary>Returns the settings of one pipeline: its own, or <see cref="Buffers"/> if it has none.</summary>
    /// <param name="pipeline">The pipeline's name.</param>
    public PipelineSettings GetPipeline(string pipeline) =>
        Pipelines.TryGetValue(pipeline, out var own)
            ? own
            : new PipelineSettings(Buffers, FrozenDictionary<string, StageSettings>.Empty);

    static TimeSpan ValidateUpToOneDay(TimeSpan value, string name) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from 1 ms to one day."
            );
}
