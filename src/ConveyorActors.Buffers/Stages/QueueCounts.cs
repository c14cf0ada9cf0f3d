namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// What has happened so far on one queue. Levels above add their queues' counts together: one source of truth.
/// </summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class QueueCounts
{
    public long Offered,
        Accepted,
        Completed,
        Retries;
    public long Leased,
        WaitedMs;
    public double FillArea; // records x milliseconds

    public LossLedger Losses { get; } = new();

    public void Add(QueueCounts other)
    {
        Offered += other.Offered;
        Accepted += other.Accepted;
        Completed += other.Completed;
        Retries += other.Retries;
        Leased += other.Leased;
        WaitedMs += other.WaitedMs;
        FillArea += other.FillArea;
        Losses.Add(other.Losses);
    }
}
