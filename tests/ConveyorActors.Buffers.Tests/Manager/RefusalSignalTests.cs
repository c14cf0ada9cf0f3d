using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Tests.Manager;

public class RefusalSignalTests
{
    [Fact]
    public async Task A_call_that_frees_and_refills_room_does_not_lower_a_signal_in_between()
    {
        await using var manager = new BufferManager<int>(
            new()
            {
                MaxTotalRecords = 9,
                MaxPerStage = 6,
                MaxPerSource = 3,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        manager.BufferBatchForStage("enrich", "b", [1, 2]);
        manager.BufferBatchForStage("filter", "b", [3]);
        manager.BufferBatchForStage("enrich", "c", [4, 5, 6]);
        Assert.Equal(BackpressureKind.Pause, manager.GetSignal("b").Kind);

        // Drops both of b at enrich for its own, then is refused. The manager, which presses on b still, went from 6 to
        // 7 of 9: above the band of Pause.
        var answer = manager.BufferBatchForStage("enrich", "a", [7, 8, 9, 10]);
        Assert.Equal((OfferStatus.StageFull, 3, 2), (answer.Status, answer.Accepted, answer.Evicted));
        Assert.Equal(BackpressureKind.Pause, manager.GetSignal("b").Kind);
    }
}
