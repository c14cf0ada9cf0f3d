namespace ConveyorActors.Hosting.Options;

/// <summary>
/// The options of a <see cref="Consuming.BufferConsumer"/> or <see cref="Consuming.BufferBatchConsumer"/>. Validated
/// when the host starts.
/// </summary>
public sealed class ConsumerOptions
{
    /// <summary>Gets or sets the most records in one lease. Default 100; from 1 to 1,000,000.</summary>
    public int BatchSize { get; set; } = 100;

    /// <summary>
    /// Gets or sets the number of leases handled at the same time. Default 1; from 1 to 1,000. The order within a
    /// source is kept if the stage allows one lease per source at a time, which is the default.
    /// </summary>
    public int Workers { get; set; } = 1;

    /// <summary>
    /// Gets or sets whether a lease has records of one source only, as a batch that hops requires. Default false.
    /// </summary>
    public bool OneSource { get; set; }

    /// <summary>Gets or sets the consumer's name, shown with its leases. Default null: the name of its
    /// class, without type arguments.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// Gets or sets how long one lease may be handled; the lease is renewed during this time. After that the handler's
    /// token is cancelled: a record whose handling throws because of it has failed as with any exception. If the handler
    /// ignores its token, the records go back when the lease expires. Default 5 minutes; from 1 ms to one day, or
    /// infinite.
    /// </summary>
    [CanBeInfinite]
    public TimeSpan HandlingTimeout { get; set; } = TimeSpan.FromMinutes(5);
}
