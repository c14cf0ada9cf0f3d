namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// The state of a run that its parts share: the ways to end it, the reason of its end, and its warnings.
/// </summary>
/// <remarks>Safe for use by many threads. The first end is kept; later ones change nothing.</remarks>
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
    /// Gets the token that is cancelled when no more lines are read: together with <see cref="Ending"/>, or earlier to
    /// let the lines already read pass through.
    /// </summary>
    public CancellationToken Reading { get; }

    /// <summary>
    /// Gets the token that is cancelled when the run ends early: no lines are read and no leases taken from then on.
    /// </summary>
    public CancellationToken Ending { get; }

    /// <summary>Gets the token that is cancelled when commands that are still running must be killed.</summary>
    public CancellationToken Killing { get; }

    /// <summary>Gets a task that completes when the run ends early.</summary>
    public Task Ended => ended.Task;

    /// <summary>Gets the outcome of a run that ended early; null if it has not.</summary>
    public RunOutcome? Outcome { get; private set; }

    /// <summary>Gets the first error, whether or not it ended the run.</summary>
    public string? Error { get; private set; }

    /// <summary>Ends the run at the user's request; running commands may finish.</summary>
    public void Interrupt() => End(RunOutcome.Interrupted, null, kill: false);

    /// <summary>Ends the run because it cannot continue.</summary>
    public void Fail(string error) => End(RunOutcome.Failed, error, kill: true);

    /// <summary>Ends the run because the output was closed by its reader.</summary>
    public void EndOutputClosed() => End(RunOutcome.OutputClosed, null, kill: true);

    /// <summary>
    /// Records an error after which the rest of the run continues; the outcome is a failure all the same.
    /// </summary>
    public void AddError(string error)
    {
        lock (gate)
            Error ??= error;
    }

    /// <summary>Stops reading lines; lines already read pass through.</summary>
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

    public IReadOnlyList<string> GetWarnings()
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
        // Set first, because code that is cancelled checks here whether the run has ended.
        ended.TrySetResult();
        // Cancel on another thread: the current one may be a worker's and must not run the clean-up of others.
        StopReading();
        _ = ending.CancelAsync();
        if (kill)
            Kill();
    }
}
