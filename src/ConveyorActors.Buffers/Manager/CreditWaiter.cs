using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>A request for credits that waits for room.</summary>
/// <remarks>Guarded by its stage's lock.</remarks>
sealed class CreditWaiter(SourceQueue queue, int records, TimeSpan timeToLive, int bytesPerRecord) : RoomWaiter(queue)
{
    public int Records { get; } = records;

    public TimeSpan TimeToLive { get; } = timeToLive;

    public int BytesPerRecord { get; } = bytesPerRecord;

    /// <summary>What was granted in the end.</summary>
    public CreditGrant? Grant { get; set; }

    /// <summary>Why nothing can ever be granted.</summary>
    public Exception? Failure { get; set; }

    public TaskCompletionSource<CreditGrant> Completion { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
