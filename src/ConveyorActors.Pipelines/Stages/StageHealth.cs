using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// The knowledge that a stage's workers share about its command: which lines failed alone since the last success, which
/// lines are known to be bad, and whether the stage is paused.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class StageHealth
{
    /// <summary>
    /// Number of different lines that must have failed alone and alike, without a success between them, before the
    /// stage is at fault.
    /// </summary>
    public const int Alike = 3;

    /// <summary>Number of other lines that are tried before the stage is at fault: at first, and at most.</summary>
    const int FirstProbeLimit = 12,
        MaxProbeLimit = 1024;

    const int MaxKnown = 16_384;

    readonly record struct Failure(CommandEnd End, int ExitCode, bool IsKnownBad, long At);

    readonly Lock gate = new();
    readonly Dictionary<(string Source, long Sequence), Failure> row = [];
    readonly HashSet<(string Source, long Sequence)> bad = [];
    TaskCompletionSource? inquiry,
        nextSuccess;
    long failures,
        worksSince = -1;
    volatile string? pausedBy;

    /// <summary>Gets the lines that have succeeded and are not settled yet.</summary>
    public UnsettledLines Unsettled { get; } = new();

    /// <summary>
    /// Gets the number of failures so far, used as a clock to determine whether a successful command was started after
    /// a line had failed.
    /// </summary>
    public long Now => Interlocked.Read(ref failures);

    public bool HasSucceeded => Interlocked.Read(ref worksSince) >= 0;

    /// <summary>Gets or sets the reason why the stage is paused; null while it is not.</summary>
    public string? PausedBy
    {
        get => pausedBy;
        set => pausedBy = value;
    }

    /// <summary>Gets the number of other lines that are tried before the stage is at fault.</summary>
    public int ProbeLimit { get; private set; } = FirstProbeLimit;

    /// <summary>
    /// Gets or sets whether all remaining lines have failed and no more can come; the lines are then at fault until one
    /// succeeds.
    /// </summary>
    public bool HasGivenUp { get; set; }

    /// <summary>Gets the number of different lines that failed alone since the last success.</summary>
    public int FailedAlone
    {
        get
        {
            lock (gate)
                return row.Count;
        }
    }

    /// <summary>
    /// Gets whether enough lines failed alike. A line that failed before, while others succeeded, does not count.
    /// </summary>
    public bool IsWrong
    {
        get
        {
            lock (gate)
                return row.Count >= Alike
                    && row.Values.Where(f => !f.IsKnownBad)
                        .GroupBy(f => (f.End, f.ExitCode))
                        .Any(g => g.Count() >= Alike);
        }
    }

    /// <summary>Returns whether a command that was started after this failure has succeeded.</summary>
    public bool HasSucceededSince(long failure) => Interlocked.Read(ref worksSince) >= failure;

    /// <summary>
    /// Records a success of the command. Lines that had failed alone before the command was started are bad.
    /// </summary>
    /// <param name="begun">The value of <see cref="Now"/> when the command was started.</param>
    public void RecordSuccess(long begun)
    {
        TaskCompletionSource? next;
        lock (gate)
        {
            worksSince = Math.Max(worksSince, begun);
            HasGivenUp = false;
            foreach (var (line, failure) in row)
                if (failure.At <= begun)
                {
                    row.Remove(line);
                    if (bad.Count >= MaxKnown)
                        bad.Clear();
                    bad.Add(line);
                }
            next = nextSuccess;
            nextSuccess = null;
        }
        next?.SetResult();
    }

    /// <summary>Gets a task that completes with the next success.</summary>
    public Task NextSuccess
    {
        get
        {
            lock (gate)
                return (nextSuccess ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Records that a line failed alone. Returns the number of the failure.</summary>
    public long RecordFailure(in BufferedRecord<ConveyorRecord> record, in CommandResult result)
    {
        lock (gate)
        {
            var failure = new Failure(
                result.End,
                result.ExitCode,
                record.RetryCount > 0 || bad.Contains(GetKey(record)),
                failures + 1
            );
            row[GetKey(record)] = failure;
            return ++failures;
        }
    }

    /// <summary>Returns whether this line failed alone before another line succeeded.</summary>
    public bool IsKnownBad(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate)
            return record.RetryCount > 0 || bad.Contains(GetKey(record));
    }

    /// <summary>
    /// Removes a line from the lines known to be bad, and returns whether it was one. From its first retry on, the
    /// line's retry count shows that it is bad.
    /// </summary>
    public bool ConfirmPoison(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate)
            return bad.Remove(GetKey(record));
    }

    /// <summary>
    /// Records that the stage was at fault: lines that failed in the meantime are not known to be bad.
    /// </summary>
    public void ClearSuspicion()
    {
        lock (gate)
        {
            row.Clear();
            bad.Clear();
        }
    }

    /// <summary>
    /// Records that lines were at fault although none of the other lines tried succeeded; more lines are tried from now
    /// on.
    /// </summary>
    public void IncreaseProbeLimit() => ProbeLimit = Math.Min(ProbeLimit * 2, MaxProbeLimit);

    /// <summary>Begins an inquiry into the cause. Returns false if another worker already conducts one.</summary>
    public bool TryBegin()
    {
        lock (gate)
        {
            if (inquiry is not null)
                return false;
            inquiry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    public void EndInquiry()
    {
        TaskCompletionSource over;
        lock (gate)
            (over, inquiry, pausedBy) = (inquiry!, null, null);
        over.SetResult();
    }

    /// <summary>Waits until no inquiry is in progress.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        lock (gate)
            return inquiry?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    static (string, long) GetKey(in BufferedRecord<ConveyorRecord> record) => (record.SourceId, record.Sequence);
}
