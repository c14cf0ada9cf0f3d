using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// What a stage's workers know together about how its command does: which lines failed alone since one went through, which are known to be bad, and whether
/// the stage is paused.
/// </summary>
/// <remarks>Safe for any thread.</remarks>
sealed class StageHealth
{
    /// <summary>So many different lines must have failed alone and alike, with no success between, before the stage is what is wrong.</summary>
    public const int Alike = 3;

    /// <summary>Other lines that are tried at first before the stage is found wrong, and at most.</summary>
    const int FirstPatience = 12, MostPatience = 1024;

    const int MaxKnown = 16_384;

    readonly record struct Failure(CommandEnd End, int ExitCode, bool IsKnownBad, long At);

    readonly Lock gate = new();
    readonly Dictionary<(string Source, long Sequence), Failure> row = [];
    readonly HashSet<(string Source, long Sequence)> bad = [];
    TaskCompletionSource? inquiry, nextSuccess;
    long failures, worksSince = -1;
    volatile string? pausedBy;

    /// <summary>Lines that have gone through and are not settled yet.</summary>
    public UnsettledLines Unsettled { get; } = new();

    /// <summary>Failures so far: the time by which it is known whether a command that succeeded was begun after a line had failed.</summary>
    public long Now => Interlocked.Read(ref failures);

    public bool HasSucceeded => Interlocked.Read(ref worksSince) >= 0;

    /// <summary>Why the stage is paused; null while it is not.</summary>
    public string? PausedBy
    {
        get => pausedBy;
        set => pausedBy = value;
    }

    /// <summary>How many other lines are tried before the stage is found wrong.</summary>
    public int Patience { get; private set; } = FirstPatience;

    /// <summary>True once all lines that are left have failed and none can come: until one goes through they are what is bad.</summary>
    public bool HasGivenUp { get; set; }

    /// <summary>Different lines that failed alone since the last success.</summary>
    public int FailedAlone
    {
        get { lock (gate) return row.Count; }
    }

    /// <summary>True when enough of them failed in the same way. A line that failed before while others went through says nothing about the stage.</summary>
    public bool IsWrong
    {
        get { lock (gate) return row.Count >= Alike && row.Values.Where(f => !f.IsKnownBad).GroupBy(f => (f.End, f.ExitCode)).Any(g => g.Count() >= Alike); }
    }

    /// <summary>Whether a command that was begun after this failure has succeeded.</summary>
    public bool WorksSince(long failure) => Interlocked.Read(ref worksSince) >= failure;

    /// <summary>The command was done. Lines that had failed alone before it was begun are bad.</summary>
    /// <param name="begun"><see cref="Now"/> when it was started.</param>
    public void Succeeded(long begun)
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
                    if (bad.Count >= MaxKnown) bad.Clear();
                    bad.Add(line);
                }
            next = nextSuccess;
            nextSuccess = null;
        }
        next?.SetResult();
    }

    /// <summary>Completes with the next success.</summary>
    public Task NextSuccess
    {
        get { lock (gate) return (nextSuccess ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task; }
    }

    /// <summary>A line failed alone. Returns the failure's place among all.</summary>
    public long Failed(in BufferedRecord<ConveyorRecord> record, in CommandResult result)
    {
        lock (gate)
        {
            var failure = new Failure(result.End, result.ExitCode, record.RetryCount > 0 || bad.Contains(Key(record)), failures + 1);
            row[Key(record)] = failure;
            return ++failures;
        }
    }

    /// <summary>Whether this line failed alone before another went through.</summary>
    public bool IsKnownBad(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate) return record.RetryCount > 0 || bad.Contains(Key(record));
    }

    /// <summary>The same, once: from its first retry on the line itself says so.</summary>
    public bool Convict(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate) return bad.Remove(Key(record));
    }

    /// <summary>It was the stage: lines that failed meanwhile are not known to be bad.</summary>
    public void Acquit()
    {
        lock (gate)
        {
            row.Clear();
            bad.Clear();
        }
    }

    /// <summary>It was bad lines, although none of the others went through that were tried: more of them are tried from now on.</summary>
    public void BeMorePatient() => Patience = Math.Min(Patience * 2, MostPatience);

    /// <summary>Begins an inquiry into what is wrong; false when another worker is at one.</summary>
    public bool TryBegin()
    {
        lock (gate)
        {
            if (inquiry is not null) return false;
            inquiry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    public void End()
    {
        TaskCompletionSource over;
        lock (gate) (over, inquiry, pausedBy) = (inquiry!, null, null);
        over.SetResult();
    }

    /// <summary>Waits until no inquiry is going on.</summary>
    public Task ReadyAsync(CancellationToken cancellation)
    {
        lock (gate) return inquiry?.Task.WaitAsync(cancellation) ?? Task.CompletedTask;
    }

    static (string, long) Key(in BufferedRecord<ConveyorRecord> record) => (record.SourceId, record.Sequence);
}
