namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of a stage. Each option corresponds to the property of the same name in <see cref="StageSettings"/>,
/// which documents its default and range.
/// </summary>
public sealed class StageOptions
{
    /// <summary>
    /// Gets or sets what the stage does with an offer when it is full (<see cref="StageSettings.FullMode"/>).
    /// </summary>
    public FullMode? FullMode { get; set; }

    /// <summary>
    /// Gets or sets whether several leases may hold records of one source (<see cref="StageSettings.LeaseOrder"/>).
    /// </summary>
    public LeaseOrder? LeaseOrder { get; set; }

    /// <summary>Gets or sets how long a consumer may hold a lease (<see cref="StageSettings.LeaseTimeout"/>).</summary>
    [CanBeInfinite]
    public TimeSpan? LeaseTimeout { get; set; }

    /// <summary>
    /// Gets or sets how many times a record may be returned (<see cref="StageSettings.MaxRetries"/>).
    /// </summary>
    public int? MaxRetries { get; set; }

    /// <summary>Gets how long a source waits after a return (<see cref="StageSettings.Backoff"/>).</summary>
    public BackoffOptions Backoff { get; } = new();

    /// <summary>
    /// Gets or sets how long a record may wait in the buffer (<see cref="StageSettings.TimeToLive"/>); infinite: no
    /// limit.
    /// </summary>
    [CanBeInfinite]
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Gets or sets the most dead letters kept (<see cref="StageSettings.MaxDeadLetters"/>).</summary>
    public int? MaxDeadLetters { get; set; }

    /// <summary>
    /// Gets or sets the most bytes of dead letters kept (<see cref="StageSettings.MaxDeadLetterBytes"/>).
    /// </summary>
    public long? MaxDeadLetterBytes { get; set; }

    /// <summary>
    /// Gets or sets how many records a source is served in one turn (<see cref="StageSettings.Quantum"/>).
    /// </summary>
    public int? Quantum { get; set; }

    /// <summary>Gets the options for suppressing duplicates (<see cref="StageSettings.Duplicates"/>).</summary>
    public DuplicateOptions Duplicates { get; } = new();
}
