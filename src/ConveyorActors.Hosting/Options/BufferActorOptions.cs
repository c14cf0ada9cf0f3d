namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of the buffer actors, one per core. Each corresponds to a key of <c>conveyor.buffer-actors</c> in
/// hocon/conveyor.conf, which documents its default and range.
/// </summary>
public sealed class BufferActorOptions
{
    /// <summary>Gets or sets the number of buffer actors.</summary>
    public int? Count { get; set; }

    /// <summary>Gets or sets the most records in one of them.</summary>
    public int? Capacity { get; set; }

    /// <summary>Gets or sets the share of one of them that a pipeline, and a target in it, may fill.</summary>
    public double? Share { get; set; }

    /// <summary>Gets or sets the number of records that are passed on without waiting for <see cref="BatchAge"/>.</summary>
    public int? BatchSize { get; set; }

    /// <summary>Gets or sets how long a record waits for more records before the batch is passed on.</summary>
    public TimeSpan? BatchAge { get; set; }

    /// <summary>Gets the options of the delays before refused records are offered to their stage again.</summary>
    public BackoffOptions Retry { get; } = new();
}
