namespace ConveyorActors.Hosting.Options;

/// <summary>
/// How a <see cref="Consuming.BufferConsumer"/> or <see cref="Consuming.BufferBatchConsumer"/> works. Validated when
/// the host starts.
/// </summary>
public sealed class ConsumerOptions
{
    /// <summary>Gets or sets the records leased at a time. Default 100; from 1 to 1,000,000.</summary>
    public int BatchSize { get; set; } = 100;

    /// <summary>
    /// Gets or sets how many leases are handled at a time. Default 1; from 1 to 1,000. The order within a source is
    /// kept if the stage leases one source once at a time, as it does by default.
    /// </summary>
    public int Workers { get; set; } = 1;

    /// <summary>
    /// Gets or sets whether a lease has records of one source only. Default false. A batch that hops needs it.
    /// </summary>
    public bool OneSource { get; set; }

    /// <summary>Gets or sets the consumer's name, shown with its leases. Default null: the name of its type.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// Gets or sets how long one lease may be handled; it is renewed so long. After that the handler's token is
    /// cancelled, and the records go back when the lease expires. Default 5 minutes; from 1 ms to one day, or infinite.
    /// </summary>
    public TimeSpan HandlingTimeout { get; set; } = TimeSpan.FromMinutes(5);
}
