namespace ConveyorActors.Actors.Consuming;

/// <summary>The result of handling a record, which decides how the record is settled. Immutable.</summary>
public abstract record RecordResult
{
    RecordResult() { }

    /// <summary>Gets the result of a record that was handled successfully.</summary>
    public static RecordResult Completed { get; } = new CompletedResult();

    /// <summary>
    /// Returns the result of a record that failed. The record goes back to the head of its source's queue.
    /// </summary>
    /// <param name="reason">The reason for the failure; stored with a dead letter.</param>
    /// <param name="charge">
    /// True: the attempt counts as a retry, with backoff. False: the record is available again at once.
    /// </param>
    public static RecordResult Returned(string reason, bool charge = true) =>
        new ReturnedResult(Validate(reason), charge);

    /// <summary>
    /// Returns the result of a record that can never be handled. The record is dead-lettered, even if it has retries
    /// left.
    /// </summary>
    /// <param name="reason">The reason; stored with the dead letter.</param>
    public static RecordResult DeadLettered(string reason) => new DeadLetteredResult(Validate(reason));

    /// <summary>
    /// Returns the result of a record that was handled successfully and produced records for another stage. The record
    /// is completed and the produced records are offered in one step.
    /// </summary>
    /// <param name="targetStage">The stage that gets the results, in the same pipeline.</param>
    /// <param name="results">The results; may be none.</param>
    public static RecordResult Hopped(string targetStage, params IReadOnlyList<ConveyorRecord> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        for (var i = 0; i < results.Count; i++)
            if (results[i] is null)
                throw new ArgumentNullException(nameof(results), $"results[{i}] is null; it must be a record.");
        return new HoppedResult(Names.Validate(targetStage), [.. results]);
    }

    static string Validate(string reason) =>
        reason ?? throw new ArgumentNullException(nameof(reason), "reason is null; it must be a text that says why.");

    internal sealed record CompletedResult : RecordResult;

    internal sealed record ReturnedResult(string Reason, bool Charge) : RecordResult;

    internal sealed record DeadLetteredResult(string Reason) : RecordResult;

    internal sealed record HoppedResult(string TargetStage, ConveyorRecord[] Results) : RecordResult;
}
