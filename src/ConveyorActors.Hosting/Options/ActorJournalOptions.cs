namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of records in an Akka.Persistence journal. Each corresponds to a key of <c>conveyor.journal</c> in
/// hocon/conveyor.conf, which documents its default and range.
/// </summary>
public sealed class ActorJournalOptions
{
    /// <summary>Gets or sets the prefix of a pipeline's persistence id; the pipeline's name follows.</summary>
    public string? IdPrefix { get; set; }

    /// <summary>Gets or sets the most bytes of one event.</summary>
    public int? MaxEventBytes { get; set; }

    /// <summary>Gets or sets the most bytes of a pipeline that are accepted and not yet written.</summary>
    public long? MaxUnwrittenBytes { get; set; }

    /// <summary>
    /// Gets or sets by how many bytes the events since the last snapshot may exceed the pending records before a
    /// snapshot is saved.
    /// </summary>
    public long? SnapshotAfter { get; set; }

    /// <summary>Gets or sets how long the journal may take to reply before offers are refused.</summary>
    public TimeSpan? RefuseAfter { get; set; }

    /// <summary>
    /// Gets or sets how long this process waits before it opens a pipeline again that another process has taken over.
    /// </summary>
    public TimeSpan? ReopenAfter { get; set; }

    /// <summary>Gets or sets how long after its opening a pipeline deletes nothing from the journal.</summary>
    public TimeSpan? DeleteAfter { get; set; }

    /// <summary>Gets the options of the delays before a failed journal is tried again.</summary>
    public BackoffOptions Retry { get; } = new();
}
