namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Keeps each source's order through a stage with several workers: results leave only after everything before them.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Leases must be registered in the order in which they were given. Deadlock is
/// impossible: workers process their leases in order and never wait between two records with another lease's record
/// between them, so the worker that holds a source's earliest unsettled record is working on it and waits for no other.
/// When that record is back in the buffer, the worker that returned it is free to lease it again, and a lease gives a
/// source's earliest record first.
/// </remarks>
sealed class OrderGate
{
    sealed class Line
    {
        /// <summary>Gets the records that were leased at some time and are not settled.</summary>
        public SequenceSet Unsettled { get; } = new();

        /// <summary>Gets the unsettled records that no worker holds now.</summary>
        public SequenceSet InBuffer { get; } = new();

        public Dictionary<long, TaskCompletionSource<bool>> Waiting { get; } = [];
    }

    readonly Lock gate = new();
    readonly Dictionary<string, Line> lines = [];
    bool stopped;

    /// <summary>
    /// Registers a lease: records of one source, in order. Returns the lengths of its stretches, which are series
    /// without another lease's record in the middle.
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
                // Check before the next range is added: unsettled records between the two ranges belong to another
                // lease.
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
    /// Returns a task with the result true when everything before this record is settled, or false when the run ends
    /// before that is possible.
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

    /// <summary>Records that these records are on their way to the next stage, or dead letters.</summary>
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

    /// <summary>Records that these records are in the buffer again.</summary>
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

    /// <summary>
    /// Stops the gate, because no more leases are taken: records in the buffer stay there, and no worker waits for
    /// them.
    /// </summary>
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
