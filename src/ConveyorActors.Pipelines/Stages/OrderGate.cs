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
    sealed class SourceOrder
    {
        /// <summary>Gets the records that were leased at some time and are not settled.</summary>
        public SequenceSet Unsettled { get; } = new();

        /// <summary>Gets the unsettled records that no worker holds now.</summary>
        public SequenceSet InBuffer { get; } = new();

        public Dictionary<long, TaskCompletionSource<bool>> Waiting { get; } = [];
    }

    readonly Lock gate = new();
    readonly Dictionary<string, SourceOrder> sources = [];
    bool stopped;

    /// <summary>
    /// Registers a lease: records of one source, in order. Returns the lengths of its stretches, which are series
    /// without another lease's record in the middle.
    /// </summary>
    public IReadOnlyList<int> Register(string source, ReadOnlySpan<long> sequences)
    {
        lock (gate)
        {
            if (!sources.TryGetValue(source, out var order))
                sources.Add(source, order = new SourceOrder());
            List<int> stretches = [];
            SequenceSet.Range? before = null;
            foreach (var range in SequenceSet.ToRanges(sequences))
            {
                // Check before the next range is added: unsettled records between the two ranges belong to another
                // lease.
                var count = (int)(range.Until - range.From);
                if (before is { } previous && !order.Unsettled.HasAny(new(previous.Until, range.From)))
                    stretches[^1] += count;
                else
                    stretches.Add(count);
                order.Unsettled.Add(range);
                order.InBuffer.Remove(range);
                before = range;
            }
            return stretches;
        }
    }

    /// <summary>
    /// Returns a task with the result true when everything before this record is settled, or false when the run ends
    /// before that is possible.
    /// </summary>
    public Task<bool> WaitForTurnAsync(string source, long first)
    {
        lock (gate)
        {
            var order = sources[source];
            var turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            order.Waiting.Add(first, turn);
            CompleteNext_NeedsLock(order);
            return turn.Task;
        }
    }

    /// <summary>Records that these records are on their way to the next stage, or dead letters.</summary>
    public void RecordSettled(string source, ReadOnlySpan<long> sequences)
    {
        lock (gate)
        {
            var order = sources[source];
            foreach (var range in SequenceSet.ToRanges(sequences))
            {
                order.Unsettled.Remove(range);
                order.InBuffer.Remove(range);
            }
            CompleteNext_NeedsLock(order);
        }
    }

    /// <summary>Records that these records are in the buffer again.</summary>
    public void RecordReturned(string source, ReadOnlySpan<long> sequences)
    {
        lock (gate)
        {
            var order = sources[source];
            foreach (var range in SequenceSet.ToRanges(sequences))
                if (order.Unsettled.ContainsAll(range))
                    order.InBuffer.Add(range);
                else
                    for (var sequence = range.From; sequence < range.Until; sequence++)
                        if (order.Unsettled.Contains(sequence))
                            order.InBuffer.Add(new(sequence, sequence + 1));
            CompleteNext_NeedsLock(order);
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
            foreach (var order in sources.Values)
                CompleteNext_NeedsLock(order);
        }
    }

    void CompleteNext_NeedsLock(SourceOrder order)
    {
        if (order.Waiting.Count == 0)
            return;
        if (order.Unsettled.Min is not { } earliest)
            return;
        if (order.Waiting.Remove(earliest, out var turn))
            turn.SetResult(true);
        else if (stopped && order.InBuffer.Contains(earliest))
        {
            foreach (var waiting in order.Waiting.Values)
                waiting.SetResult(false);
            order.Waiting.Clear();
        }
    }
}
