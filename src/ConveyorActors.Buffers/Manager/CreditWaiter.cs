using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Manager;

/// <summary>A request for credits that waits for room.</summary>
/// <remarks>Guarded by its stage's lock.</remarks>
sealed class CreditWaiter(SourceState source, int records, TimeSpan timeToLive, int bytesPerRecord)
{
    public SourceState Source { get; } = source;

    public int Records { get; } = records;

    public TimeSpan TimeToLive { get; } = timeToLive;

    public int BytesPerRecord { get; } = bytesPerRecord;

    public TaskCompletionSource<CreditGrant> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
