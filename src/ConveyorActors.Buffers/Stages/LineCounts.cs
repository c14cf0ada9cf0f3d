namespace ConveyorActors.Buffers.Stages;

/// <summary>What has happened so far on one line. Levels above add their lines' counts together: one source of truth.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class LineCounts
{
    public long Offered, Accepted, Completed, Retries;
    public long Leased, WaitedMs;
    public double FillArea; // records x milliseconds

    public LossLedger Losses { get; } = new();

    public void Add(LineCounts other)
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
