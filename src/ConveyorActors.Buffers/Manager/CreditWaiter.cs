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

    /// <summary>Gets or sets the grant that ended the wait.</summary>
    public CreditGrant? Grant { get; set; }

    public TaskCompletionSource<CreditGrant> Completion { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
