namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// What records one after the other have in common: their sequences are consecutive, they were buffered at one time,
/// and were retried equally often.
/// </summary>
record struct Run(long First, long BufferedAt, int Count, int Retries)
{
    /// <summary>The sequence after the last record's.</summary>
    public readonly long Next => First + Count;

    /// <summary>Whether a run that begins at a sequence continues this one.</summary>
    public readonly bool IsContinuedBy(long first, long bufferedAt, int retries) =>
        Next == first && BufferedAt == bufferedAt && Retries == retries;
}

/// <summary>A record with what its stage knows of it.</summary>
readonly record struct QueuedRecord<T>(T Record, long Sequence, long BufferedAt, int Retries, int Bytes);
