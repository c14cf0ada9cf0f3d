namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Keeps each source's order through a stage with several workers: results go on only after everything before them.
/// </summary>
/// <remarks>
/// Safe for any thread. Leases must be registered in the order in which they were given. It cannot deadlock: workers go
/// through their leases in order and never stop between records with a stranger's in the middle, so whoever holds a
/// source's earliest unsettled record is at work on it and waits for nobody. When it is back in the buffer, the worker
/// that gave it back is free to take it again, and the earliest record of a source is what a lease gives first.
/// </remarks>
sealed class OrderGate
{
    sealed class Line
    {
        /// <summary>Leased at some time and not settled since.</summary>
        public SequenceSet Unsettled { get; } = new();

        /// <summary>Those of them that nobody holds now.</summary>
        public SequenceSet InBuffer { get; } = new();

        public Dictionary<long, TaskCompletionSource<bool>> Waiting { get; } = [];
    }

    readonly Lock gate = new();
    readonly Dictionary<string, Line> lines = [];
    bool stopped;

    /// <summary>
    /// Takes note of a lease: records of one source, in order. Answers its stretches without a stranger's record in the
    /// middle, as counts.
    /// </summary>
    public IReadOnlyList<int> Register(string source, IReadOnlyList<long> sequences)
    {
        lock (gate)
        {
            if (!lines.TryGetValue(source, out var line))
                lines.Add(source, line = new Line());
            List<int> stretches = [];
            SequenceSet.Range? before = null;
            foreach (var range in SequenceSet.RangesOf(sequences))
            {
                // Checked before the next range is added: what lies between the two is another lease's.
                var count = (int)(range.Until - range.From);
                if (before is { } previous && !line.Unsettled.HasAny(new(previous.Until, range.From)))
                    stretches[^1] += count;
                else
                    stretches.Add(count);
                line.Unsettled.Add(range);
                line.InBuffer.Remove(range);
                before = range;
            }
            return stretches;
        }
    }

    /// <summary>
    /// Completes with true when everything before this record is settled; with false when the run ends before that can
    /// be.
    /// </summary>
    public Task<bool> TurnAsync(string source, long first)
    {
        lock (gate)
        {
            var line = lines[source];
            var turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            line.Waiting.Add(first, turn);
            Call_NeedsLock(line);
            return turn.Task;
        }
    }

    /// <summary>These are on their way, or dead.</summary>
    public void Settled(string source, IReadOnlyList<long> sequences)
    {
        lock (gate)
        {
            var line = lines[source];
            foreach (var range in SequenceSet.RangesOf(sequences))
            {
                line.Unsettled.Remove(range);
                line.InBuffer.Remove(range);
            }
            Call_NeedsLock(line);
        }
    }

    /// <summary>These are in the buffer again.</summary>
    public void Returned(string source, IReadOnlyList<long> sequences)
    {
        lock (gate)
        {
            var line = lines[source];
            foreach (var range in SequenceSet.RangesOf(sequences))
                if (line.Unsettled.Covers(range))
                    line.InBuffer.Add(range);
                else
                    for (var sequence = range.From; sequence < range.Until; sequence++)
                        if (line.Unsettled.Contains(sequence))
                            line.InBuffer.Add(new(sequence, sequence + 1));
            Call_NeedsLock(line);
        }
    }

    /// <summary>No more leases are taken: what is in the buffer stays there, and nobody need wait for it.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopped = true;
            foreach (var line in lines.Values)
                Call_NeedsLock(line);
        }
    }

    void Call_NeedsLock(Line line)
    {
        if (line.Waiting.Count == 0)
            return;
        if (line.Unsettled.Min is not { } earliest)
            return;
        if (line.Waiting.Remove(earliest, out var turn))
            turn.SetResult(true);
        else if (stopped && line.InBuffer.Contains(earliest))
        {
            foreach (var waiting in line.Waiting.Values)
                waiting.SetResult(false);
            line.Waiting.Clear();
        }
    }
}
