namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of buffers that are actors: the section <c>Conveyor:Actors</c>. Buffers in this process have no actors,
/// so <see cref="ConveyorServiceCollectionExtensions.AddConveyor"/> refuses options set here.
/// </summary>
/// <remarks>
/// Each option corresponds to a key of hocon/conveyor.conf, which documents its default and range: <c>Wire:GiveUpAfter</c>
/// is <c>conveyor.wire.give-up-after</c>. An option that is null leaves the key as it is. A value out of range stops the
/// start of the actor system with an error that names the key.
/// </remarks>
public sealed class ActorOptions
{
    /// <summary>Gets the options of the buffer actors, one per core (<c>conveyor.buffer-actors</c>).</summary>
    public BufferActorOptions BufferActors { get; } = new();

    /// <summary>Gets the options of the connection to buffers on another node (<c>conveyor.wire</c>).</summary>
    public WireOptions Wire { get; } = new();

    /// <summary>Gets the options of records in a journal (<c>conveyor.journal</c>).</summary>
    public ActorJournalOptions Journal { get; } = new();

    /// <summary>
    /// Gets or sets how long a caller waits for the reply to a call that never waits for records or room
    /// (<c>conveyor.ask-timeout</c>).
    /// </summary>
    public TimeSpan? AskTimeout { get; set; }

    /// <summary>
    /// Gets or sets whether the actor system's coordinated shutdown stops the pipelines gracefully first
    /// (<c>conveyor.coordinated-shutdown</c>).
    /// </summary>
    public bool? CoordinatedShutdown { get; set; }
}
