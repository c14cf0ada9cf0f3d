namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// Counts what one pipeline has written to its journal since this process opened it, over all its openings.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournalCounts(string pipeline, JournalMeter? meter = null)
{
    long events,
        records,
        bytes,
        snapshots,
        claims,
        fenced,
        failures;
    volatile JournalStore? store;

    /// <summary>Gets the counts of a pipeline that is not measured.</summary>
    public static JournalCounts Unmeasured { get; } = new("");

    public string Pipeline { get; } = pipeline;

    public long Events => Interlocked.Read(ref events);

    public long Records => Interlocked.Read(ref records);

    public long Bytes => Interlocked.Read(ref bytes);

    public long Snapshots => Interlocked.Read(ref snapshots);

    public long Claims => Interlocked.Read(ref claims);

    /// <summary>Gets how often another process has taken the pipeline over.</summary>
    public long Fenced => Interlocked.Read(ref fenced);

    /// <summary>Gets how often a write, a read or an opening failed.</summary>
    public long Failures => Interlocked.Read(ref failures);

    /// <summary>Gets the bytes that are accepted and not yet written.</summary>
    public long UnwrittenBytes => store?.UnwrittenBytes ?? 0;

    /// <summary>Gets whether offers are refused because the journal fails.</summary>
    public bool IsFailing => store is { IsFailing: true, IsLost: false };

    /// <summary>Sets the store of the current incarnation.</summary>
    public void UseStore(JournalStore current) => store = current;

    public void AddClaim(TimeSpan took)
    {
        Interlocked.Increment(ref claims);
        meter?.RecordClaim(Pipeline, took);
    }

    public void AddEvent(int size, TimeSpan took)
    {
        Interlocked.Increment(ref events);
        Interlocked.Add(ref bytes, size);
        meter?.RecordWrite(Pipeline, took);
    }

    /// <summary>Counts the records of the events that were written together.</summary>
    public void AddRecords(long count)
    {
        Interlocked.Add(ref records, count);
        meter?.RecordGathered(Pipeline, count);
    }

    public void AddSnapshot() => Interlocked.Increment(ref snapshots);

    public void AddFailure() => Interlocked.Increment(ref failures);

    public void AddFenced() => Interlocked.Increment(ref fenced);
}
