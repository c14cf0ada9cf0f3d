namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// The common metadata of adjacent records: their sequences are consecutive, they were buffered at the same time, and
/// were retried equally often.
/// </summary>
record struct Run(long First, long BufferedAt, int Count, int Retries)
{
    /// <summary>Gets the sequence after that of the last record.</summary>
    public readonly long Next => First + Count;

    /// <summary>Returns whether a run that begins at a sequence continues this one.</summary>
    public readonly bool IsContinuedBy(long first, long bufferedAt, int retries) =>
        Next == first && BufferedAt == bufferedAt && Retries == retries;
}

/// <summary>A record with its metadata at a stage.</summary>
readonly record struct QueuedRecord<T>(T Record, long Sequence, long BufferedAt, int Retries, int Bytes);
