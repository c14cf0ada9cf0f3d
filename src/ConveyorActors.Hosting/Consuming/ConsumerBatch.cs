namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The records of one lease, and the means to settle them. What is not settled when the handler returns is completed.
/// </summary>
/// <remarks>Safe for use by many threads. Null for records means all that are not settled yet.</remarks>
public sealed class ConsumerBatch
{
    readonly LeaseSettler settler;

    internal ConsumerBatch(LeasedBatch batch, LeaseSettler settler) =>
        (Records, this.settler) = (batch.Records, settler);

    /// <summary>Gets the records, each source's in order.</summary>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Records { get; }

    /// <summary>Completes records before the handler returns.</summary>
    public Task CompleteAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records = null,
        CancellationToken cancellationToken = default
    ) => settler.CompleteAsync(Sequences(records), cancellationToken);

    /// <summary>Returns records that failed to the head of their sources' queues.</summary>
    /// <param name="records">The records.</param>
    /// <param name="reason">Why; kept with a dead letter.</param>
    /// <param name="charge">
    /// True: it counts as a retry, with backoff. False: the records were not tried, and are available again at once.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task ReturnAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => settler.ReturnAsync(Sequences(records), reason, charge, cancellationToken);

    /// <summary>Dead-letters records that can never be handled.</summary>
    /// <param name="records">The records.</param>
    /// <param name="reason">Why; kept with the dead letters.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task DeadLetterAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records,
        string reason,
        CancellationToken cancellationToken = default
    ) => settler.DeadLetterAsync(Sequences(records), reason, cancellationToken);

    /// <summary>
    /// Completes records, all of one source (<see cref="Options.ConsumerOptions.OneSource"/>), and offers their results
    /// to another stage, as one step. Completes when the last result is in (<see cref="IBufferConsumer.HopAsync"/>).
    /// </summary>
    /// <param name="records">The records.</param>
    /// <param name="targetStage">The stage that gets the results.</param>
    /// <param name="results">The results.</param>
    /// <param name="cancellationToken">Ends the wait, not the hop.</param>
    public Task HopAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => settler.HopAsync(Sequences(records), targetStage, results, cancellationToken);

    static long[]? Sequences(IEnumerable<BufferedRecord<ConveyorRecord>>? records) =>
        records?.Select(record => record.Sequence).ToArray();
}
