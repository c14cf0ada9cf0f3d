namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// The lines of a stage that succeeded and are not settled yet: lines tried before their turn, with the command's
/// results, and lines whose results wait for earlier lines.
/// </summary>
/// <remarks>Safe for use by many threads. Its size is bounded.</remarks>
sealed class UnsettledLines
{
    const int MaxKept = 256;

    const long MaxKeptBytes = 32 << 20;

    readonly record struct Kept(BufferedRecord<ConveyorRecord> Line, ReadOnlyMemory<ConveyorRecord> Results);

    readonly Lock gate = new();
    readonly Dictionary<(string Source, long Sequence), Kept> kept = [];
    readonly Dictionary<(string Source, long Sequence), BufferedRecord<ConveyorRecord>> waiting = [];
    long keptBytes;

    /// <summary>
    /// Gets a line that is known to succeed, to test whether the command works when no other line is left to try; null
    /// if there is none.
    /// </summary>
    public BufferedRecord<ConveyorRecord>? Probe
    {
        get
        {
            lock (gate)
            {
                foreach (var line in kept.Values)
                    return line.Line;
                foreach (var line in waiting.Values)
                    return line;
                return null;
            }
        }
    }

    /// <summary>
    /// Keeps the command's result for a line before its turn. Past the bound the result is discarded, and the line is
    /// given to the command again.
    /// </summary>
    public void Keep(in BufferedRecord<ConveyorRecord> record, ReadOnlyMemory<ConveyorRecord> results)
    {
        var bytes = CountBytes(results);
        lock (gate)
        {
            if (
                kept.Count < MaxKept
                && keptBytes + bytes <= MaxKeptBytes
                && kept.TryAdd(GetKey(record), new(record, results))
            )
                keptBytes += bytes;
        }
    }

    /// <summary>Gets whether the result of any line is kept.</summary>
    public bool HasKept
    {
        get
        {
            lock (gate)
                return kept.Count > 0;
        }
    }

    public bool IsKept(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate)
            return kept.Count > 0 && kept.ContainsKey(GetKey(record));
    }

    public bool TryTakeKept(in BufferedRecord<ConveyorRecord> record, out ReadOnlyMemory<ConveyorRecord> results)
    {
        lock (gate)
        {
            var isKept = kept.Remove(GetKey(record), out var line);
            results = line.Results;
            if (isKept)
                keptBytes -= CountBytes(results);
            return isKept;
        }
    }

    /// <summary>Records that a line's results wait for earlier lines, until <see cref="RemoveWaiting"/>.</summary>
    public void AddWaiting(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate)
            waiting[GetKey(record)] = record;
    }

    public void RemoveWaiting(in BufferedRecord<ConveyorRecord> record)
    {
        lock (gate)
            waiting.Remove(GetKey(record));
    }

    static long CountBytes(ReadOnlyMemory<ConveyorRecord> results)
    {
        long bytes = 0;
        foreach (var result in results.Span)
            bytes += result.Payload.Length;
        return bytes;
    }

    static (string, long) GetKey(in BufferedRecord<ConveyorRecord> record) => (record.SourceId, record.Sequence);
}
