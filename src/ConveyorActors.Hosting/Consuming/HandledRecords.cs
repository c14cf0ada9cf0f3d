using System.Runtime.ExceptionServices;

namespace ConveyorActors.Hosting.Consuming;

/// <summary>Collects the outcome of the records of one lease. Used by one thread.</summary>
sealed class HandledRecords(int capacity)
{
    readonly HashSet<string> held = new(StringComparer.Ordinal);
    readonly List<(long Sequence, string Reason)> failed = [];

    /// <summary>Gets the records that were handled.</summary>
    public List<long> Completed { get; } = new(capacity);

    /// <summary>Gets the records that were not tried.</summary>
    public List<long> Untried { get; } = [];

    /// <summary>Gets the records that can never be handled.</summary>
    public List<(long Sequence, string Reason)> DeadLettered { get; } = [];

    /// <summary>Returns whether an earlier record of a source has failed.</summary>
    public bool IsHeld(string source) => held.Contains(source);

    /// <summary>Marks a record as failed; later records of its source must not overtake it.</summary>
    public void Fail(BufferedRecord<ConveyorRecord> record, string reason)
    {
        failed.Add((record.Sequence, reason));
        held.Add(record.SourceId);
    }

    /// <summary>
    /// Settles all records by their outcome, handled ones first. A failure to settle some records does not keep the
    /// others from being settled.
    /// </summary>
    /// <exception cref="Exception">Some records could not be settled: the first failure.</exception>
    public async Task SettleAsync(LeaseSettler settler, int count)
    {
        if (Completed.Count == count)
        {
            await settler.CompleteAsync(null).ConfigureAwait(false);
            return;
        }
        ExceptionDispatchInfo? firstFailure = null;
        foreach (var call in GetCalls(settler))
        {
            try
            {
                await call().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                firstFailure ??= ExceptionDispatchInfo.Capture(failure);
            }
        }
        firstFailure?.Throw();
    }

    IEnumerable<Func<Task>> GetCalls(LeaseSettler settler)
    {
        yield return () => settler.CompleteAsync(Completed);
        foreach (var (sequence, reason) in failed)
            yield return () => settler.ReturnAsync([sequence], reason);
        yield return () =>
            settler.ReturnAsync(
                Untried,
                "not tried: the consumer stopped, or an earlier record of its source failed",
                charge: false
            );
        foreach (var (sequence, reason) in DeadLettered)
            yield return () => settler.DeadLetterAsync([sequence], reason);
    }
}
