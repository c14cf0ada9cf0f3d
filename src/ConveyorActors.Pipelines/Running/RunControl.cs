namespace ConveyorActors.Pipelines.Running;

/// <summary>What all parts of a run share: how it is ended, what ended it, and its warnings.</summary>
/// <remarks>Safe for any thread. The first ending wins; later ones change nothing.</remarks>
sealed class RunControl
{
    public const int MaxWarnings = 100;

    readonly Lock gate = new();
    readonly CancellationTokenSource reading = new(),
        ending = new(),
        killing = new();
    readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<string> warnings = [];
    long moreWarnings;

    public RunControl() => (Reading, Ending, Killing) = (reading.Token, ending.Token, killing.Token);

    /// <summary>
    /// Cancelled when no more lines are to be read: with <see cref="Ending"/>, or before it, so that what was read goes
    /// through.
    /// </summary>
    public CancellationToken Reading { get; }

    /// <summary>
    /// Cancelled when the run ends before its time: no lines are read and no leases taken from then on.
    /// </summary>
    public CancellationToken Ending { get; }

    /// <summary>Cancelled when commands that are still running must go.</summary>
    public CancellationToken Killing { get; }

    /// <summary>Completes when the run ends before its time.</summary>
    public Task Ended => ended.Task;

    /// <summary>Gets or sets what ended the run before its time; null while nothing has.</summary>
    public RunOutcome? Outcome { get; private set; }

    /// <summary>The first error, whether it ended the run or not.</summary>
    public string? Error { get; private set; }

    /// <summary>The user wants it to stop: what runs may finish.</summary>
    public void Interrupt() => End(RunOutcome.Interrupted, null, kill: false);

    /// <summary>It cannot go on.</summary>
    public void Fail(string error) => End(RunOutcome.Failed, error, kill: true);

    /// <summary>Nobody wants the rest.</summary>
    public void OutputClosed() => End(RunOutcome.OutputClosed, null, kill: true);

    /// <summary>
    /// Something went wrong that the rest of the run can live with; it has failed in the end all the same.
    /// </summary>
    public void Note(string error)
    {
        lock (gate)
            Error ??= error;
    }

    /// <summary>No more lines are read; what was read goes through.</summary>
    public void StopReading() => _ = reading.CancelAsync();

    public void Kill() => _ = killing.CancelAsync();

    public void Warn(string warning)
    {
        lock (gate)
        {
            if (warnings.Count < MaxWarnings)
                warnings.Add(warning);
            else
                moreWarnings++;
        }
    }

    public IReadOnlyList<string> Warnings()
    {
        lock (gate)
            return moreWarnings == 0 ? [.. warnings] : [.. warnings, $"and {moreWarnings} more warnings"];
    }

    void End(RunOutcome outcome, string? error, bool kill)
    {
        lock (gate)
        {
            if (Outcome is not null)
                return;
            Outcome = outcome;
            Error ??= error;
        }
        // First: who is cancelled finds out here that it is the end.
        ended.TrySetResult();
        // Not on this thread: it may be a worker's, and the others' clean-up is none of its business.
        StopReading();
        _ = ending.CancelAsync();
        if (kill)
            Kill();
    }
}
