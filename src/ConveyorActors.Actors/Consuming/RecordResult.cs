namespace ConveyorActors.Actors.Consuming;

/// <summary>What a consumer did with a record, and what is to become of the record. Immutable.</summary>
public abstract record RecordResult
{
    RecordResult() { }

    /// <summary>The record is done.</summary>
    public static RecordResult Completed { get; } = new CompletedResult();

    /// <summary>The record failed: it goes back to the head of its source's queue.</summary>
    /// <param name="reason">Why; kept with a dead letter.</param>
    /// <param name="charge">
    /// True: it was tried, which counts as a retry, with backoff. False: it is available again at once.
    /// </param>
    public static RecordResult Returned(string reason, bool charge = true) =>
        new ReturnedResult(Validate(reason), charge);

    /// <summary>
    /// The record can never be handled: it is put among the stage's dead letters, whatever retries it has left.
    /// </summary>
    /// <param name="reason">Why; kept with the dead letter.</param>
    public static RecordResult DeadLettered(string reason) => new DeadLetteredResult(Validate(reason));

    /// <summary>The record is done, and these are its results for another stage; both happen or neither.</summary>
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
