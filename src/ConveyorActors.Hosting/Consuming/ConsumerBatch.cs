using ConveyorActors.Hosting.Options;

namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The records of one lease, with methods to settle them. Records that are not settled when the handler returns are
/// completed.
/// </summary>
/// <remarks>
/// Safe for use by many threads. If null is passed for records, a method settles all that are not settled yet.
/// </remarks>
public sealed class ConsumerBatch
{
    readonly LeaseSettler settler;

    internal ConsumerBatch(LeasedBatch batch, LeaseSettler settler) =>
        (Records, this.settler) = (batch.Records, settler);

    /// <summary>Gets the records, in order within each source.</summary>
    public IReadOnlyList<BufferedRecord<ConveyorRecord>> Records { get; }

    /// <summary>Completes records before the handler returns.</summary>
    public Task CompleteAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records = null,
        CancellationToken cancellationToken = default
    ) => settler.CompleteAsync(GetSequences(records), cancellationToken);

    /// <summary>Returns failed records to the head of their sources' queues.</summary>
    /// <param name="records">The records.</param>
    /// <param name="reason">The reason; stored with a dead letter.</param>
    /// <param name="charge">
    /// True: the return counts as a retry, with backoff. False: the records were not tried, and are available again at
    /// once.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task ReturnAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) => settler.ReturnAsync(GetSequences(records), reason, charge, cancellationToken);

    /// <summary>Dead-letters records that can never be handled.</summary>
    /// <param name="records">The records.</param>
    /// <param name="reason">The reason; stored with the dead letters.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    public Task DeadLetterAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records,
        string reason,
        CancellationToken cancellationToken = default
    ) => settler.DeadLetterAsync(GetSequences(records), reason, cancellationToken);

    /// <summary>
    /// Completes records, all of one source (<see cref="Options.ConsumerOptions.OneSource"/>), and offers their results
    /// to another stage, in one step. Completes when the last result is in the target stage
    /// (<see cref="IBufferConsumer.HopAsync"/>).
    /// </summary>
    /// <param name="records">The records.</param>
    /// <param name="targetStage">The stage that receives the results.</param>
    /// <param name="results">The results.</param>
    /// <param name="cancellationToken">Ends the wait, not the hop.</param>
    /// <exception cref="ArgumentException">The records are of several sources.</exception>
    public Task HopAsync(
        IEnumerable<BufferedRecord<ConveyorRecord>>? records,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) => NameRecordsAsync(settler.HopAsync(GetSequences(records), targetStage, results, cancellationToken));

    /// <summary>Makes an exception name the parameter that this class has for sequences.</summary>
    static async Task NameRecordsAsync(Task hop)
    {
        try
        {
            await hop.ConfigureAwait(false);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "sequences")
        {
            throw new ArgumentException(OptionsReader.TrimMessage(wrong), "records", wrong);
        }
    }

    static long[]? GetSequences(IEnumerable<BufferedRecord<ConveyorRecord>>? records) =>
        records?.Select(record => record.Sequence).ToArray();
}
