using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class LeaseIssuerTests
{
    readonly StageBuffer<int> stage = StageForTests.Make(StageForTests.Plain with { Quantum = 2 });

    [Fact]
    public void A_lease_takes_the_sources_in_turn_two_records_each()
    {
        stage.Fill("web", 1, 5);
        stage.Fill("log", 6, 8);
        var lease = stage.GetBatch(7, 0)!;
        Assert.Equal([1, 2, 6, 7, 3, 4, 8], lease.Records());
        Assert.Equal((1, 7, 7), (stage.Buffered, stage.InFlight, lease.Open));
        Assert.Equal((4L, 3L), (stage.Counts("web").Leased, stage.Counts("log").Leased));
        stage.AssertConserved();
    }

    [Fact]
    public void A_turn_that_a_lease_ends_early_continues_in_the_next_lease()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { Quantum = 4, LeaseOrder = LeaseOrder.Shared });
        stage.Fill("web", 1, 6);
        stage.Fill("log", 7, 12);
        Assert.Equal([1, 2, 3], stage.GetBatch(3, 0).Records());
        Assert.Equal([4, 7, 8], stage.GetBatch(3, 0).Records());
    }

    [Fact]
    public void A_lease_carries_its_consumer_and_its_deadline()
    {
        stage.Fill("web", 1, 2);
        var lease = stage.GetBatch(1, 5, consumer: "c1", timeout: TimeSpan.FromMilliseconds(20))!;
        Assert.Equal(("c1", 5, 25), (lease.Consumer, lease.LeasedAt, lease.DeadlineMs));
        stage.Complete(lease.Id, null, 5);
        Assert.Equal(1_006, stage.GetBatch(1, 6)!.DeadlineMs); // that of the settings
    }

    [Fact]
    public void A_lease_of_one_source_takes_no_more_than_its_turn()
    {
        stage.Fill("web", 1, 5);
        stage.Fill("log", 6, 8);
        Assert.Equal([1, 2], stage.GetBatch(9, 0, oneSource: true).Records());
        Assert.Equal([6, 7], stage.GetBatch(9, 0, oneSource: true).Records());
    }

    [Fact]
    public void A_lease_of_one_source_is_full_when_no_other_source_waits()
    {
        stage.Fill("web", 1, 7);
        Assert.Equal([1, 2, 3, 4, 5], stage.GetBatch(5, 0, oneSource: true).Records());
    }

    [Fact]
    public void A_stage_without_a_record_to_serve_gives_no_lease()
    {
        Assert.Null(stage.GetBatch(5, 0));
        stage.Fill("web", 1, 2);
        Assert.NotNull(stage.GetBatch(1, 0));
        Assert.Null(stage.GetBatch(5, 0));
        Assert.Equal((1, 1), (stage.Buffered, stage.InFlight));
        Assert.Single(stage.Leases);
    }

    [Fact]
    public void Only_the_consumer_that_holds_a_source_gets_more_of_it()
    {
        stage.Fill("web", 1, 4);
        var first = stage.GetBatch(1, 0)!;
        var second = stage.GetBatch(1, 0, heldLease: first.Id)!;
        Assert.Equal([2], second.Records());
        Assert.Same(first, second.Root);
        Assert.Equal([3], stage.GetBatch(1, 0, heldLease: second.Id).Records());
        Assert.Null(stage.GetBatch(1, 0));
        Assert.Equal([4], stage.GetBatch(5, 0, heldLease: second.Id).Records());
        Assert.Null(stage.GetBatch(5, 0, heldLease: first.Id));
        Assert.Equal((0, 4), (stage.Buffered, stage.InFlight));
    }

    [Fact]
    public void Under_shared_order_several_leases_have_records_of_one_source()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { LeaseOrder = LeaseOrder.Shared });
        stage.Fill("web", 1, 3);
        Assert.Equal([1], stage.GetBatch(1, 0).Records());
        Assert.Equal([2, 3], stage.GetBatch(9, 0).Records());
        Assert.Null(stage.GetBatch(9, 0));
    }

    [Fact]
    public void The_time_that_leased_records_have_waited_adds_up()
    {
        stage.Fill("web", 1, 2, now: 0);
        stage.Fill("web", 3, 3, now: 4);
        var lease = stage.GetBatch(3, 10)!;
        Assert.Equal(2 * 10 + 6, stage.Counts("web").WaitedMs);
        stage.ReturnToBuffer(lease.Id, [3], "failed", charge: false, 10);
        stage.Complete(lease.Id, null, 10);
        stage.GetBatch(1, 12);
        Assert.Equal(26 + 8, stage.Counts("web").WaitedMs);
        Assert.Equal(2 * 4 + 3 * 6 + 1 * 2, stage.FindQueue("web")!.GetFillArea(12));
    }

    [Fact]
    public void The_memory_of_a_settled_lease_is_reused()
    {
        stage.Fill("web", 1, 2);
        var first = stage.GetBatch(1, 0)!;
        var memory = first.Leased;
        stage.Complete(first.Id, null, 0);
        Assert.Same(memory, stage.GetBatch(1, 0)!.Leased);
    }
}
