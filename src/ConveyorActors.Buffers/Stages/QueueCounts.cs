namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// The counts of the events on one queue so far. Levels above add up the counts of their queues, so that each number
/// has one source.
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
