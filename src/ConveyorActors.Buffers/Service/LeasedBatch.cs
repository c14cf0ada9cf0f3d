namespace ConveyorActors.Buffers.Service;

/// <summary>Records handed to a consumer until a deadline.</summary>
/// <param name="Id">The lease's id, unique within its stage; 0 for an empty batch.</param>
/// <param name="Stage">The stage that gave it.</param>
/// <param name="Deadline">When the records go back by themselves.</param>
/// <param name="Records">The records, each source's in order.</param>
public sealed record LeasedBatch(long Id, string Stage, DateTimeOffset Deadline, IReadOnlyList<BufferedRecord<ConveyorRecord>> Records)
{
    /// <summary>How many records.</summary>
    public int Count => Records.Count;
}
