using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Tests.Stores;

/// <summary>What belongs together is told to a store at once.</summary>
public sealed class StoreUnitTests
{
    [Fact]
    public async Task A_hop_is_one_unit_of_inputs_results_and_results_that_wait_for_room()
    {
        var store = new ListingStore();
        await using var manager = new BufferManager<int>(new() { MaxPerStage = 2 }, new() { Store = store });
        manager.BufferForStage("one", "s", 1);
        var lease = manager.GetBatch("one", 1);
        store.Units.Clear();

        manager.Hop(lease, null, "two", new[] { 10, 11, 12 });

        var unit = Assert.Single(store.Units);
        Assert.Contains(
            unit,
            e => e is { Stage: "one", Event: StageEvent<int>.Settled { Dropped: false, Sequences: [1] } }
        );
        Assert.Equal(
            [10, 11],
            unit.Where(e => e.Stage == "two")
                .Select(e => e.Event)
                .OfType<StageEvent<int>.Buffered>()
                .SelectMany(b => b.Records)
        );
        Assert.Equal(
            [12],
            unit.Where(e => e.Stage == "two").Select(e => e.Event).OfType<StageEvent<int>.Parked>().Single().Records
        );
    }

    [Fact]
    public async Task Transferred_results_leave_their_waiting_place_in_the_same_unit()
    {
        var store = new ListingStore();
        await using var manager = new BufferManager<int>(new() { MaxPerStage = 1 }, new() { Store = store });
        manager.BufferForStage("one", "s", 1);
        manager.Hop(manager.GetBatch("one", 1), null, "two", new[] { 10, 11 });
        store.Units.Clear();

        manager.Complete(manager.GetBatch("two", 1));

        var unit = Assert.Single(store.Units, u => u.Any(e => e.Event is StageEvent<int>.Unparked));
        Assert.Contains(unit, e => e.Event is StageEvent<int>.Buffered { Records: [11] });
        Assert.Contains(unit, e => e.Event is StageEvent<int>.Unparked { First: 1, Count: 1 });
    }

    [Fact]
    public async Task A_checkpoint_is_reported_together_with_its_settlement()
    {
        var store = new ListingStore();
        await using var manager = new BufferManager<int>(new(), new() { Store = store });
        manager.BufferForStage("one", "s", 1);
        store.Units.Clear();

        manager.Complete(manager.GetBatch("one", 1), null, new Checkpoint("sink", "7"));

        var unit = Assert.Single(store.Units);
        Assert.Contains(unit, e => e.Event is StageEvent<int>.Settled);
        Assert.Contains(unit, e => e.Event is StageEvent<int>.CheckpointSet { Checkpoint.Value: "7" });
    }

    [Fact]
    public async Task A_failing_store_refuses_offers_with_that_reason_and_consumers_continue()
    {
        var store = new ListingStore();
        await using var manager = new BufferManager<int>(new(), new() { Store = store });
        manager.BufferBatchForStage("one", "s", [1, 2]);
        store.IsFailing = true;

        Assert.Equal(
            (OfferStatus.StoreFailing, 0),
            (manager.BufferForStage("one", "s", 3).Status, manager.BufferForStage("one", "s", 3).Accepted)
        );
        Assert.Equal(OfferStatus.StoreFailing, manager.BufferBatchForStage("one", "s", [3, 4]).Status);
        Assert.Equal(2, manager.Complete(manager.GetBatch("one", 10)).Settled);
        Assert.Equal(4, manager.GetLedger()[LossReason.StoreFailing]);
        Assert.True(manager.GetSnapshot().IsConserved);
        store.IsFailing = false;
        Assert.True(manager.BufferForStage("one", "s", 3).IsAccepted);
    }
}
