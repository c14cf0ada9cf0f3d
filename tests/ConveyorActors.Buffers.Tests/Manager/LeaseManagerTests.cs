using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Manager;

public sealed class LeaseManagerTests
{
    readonly BufferManager<int> manager = new();

    [Fact]
    public async Task A_request_that_does_not_wait_returns_an_empty_lease_at_once()
    {
        var leasing = manager.GetBatchAsync("parse", new BatchRequest(1));
        Assert.True(leasing.IsCompletedSuccessfully);
        Assert.Empty(await leasing);
        manager.BufferForStage("parse", "web", 7);
        Assert.Equal(7, (await manager.GetBatchAsync("parse", new BatchRequest(1))).GetRecord(0));
    }

    [Fact]
    public async Task A_request_that_waits_returns_the_next_record()
    {
        var leasing = manager.GetBatchAsync("parse", new BatchRequest(1) { Wait = true });
        var other = manager.GetBatchAsync("parse", 1);
        Assert.False(leasing.IsCompleted);
        Assert.False(other.IsCompleted);
        manager.BufferForStage("parse", "web", 7);
        manager.BufferForStage("parse", "mobile", 8); // of another source: one lease at a time has records of a source
        Lease<int>[] leases =
        [
            await leasing.AsTask().WaitAsync(TimeSpan.FromSeconds(30)),
            await other.AsTask().WaitAsync(TimeSpan.FromSeconds(30)),
        ];
        Assert.Equal([7, 8], leases.Select(l => l.GetRecord(0)).Order());
    }

    [Fact]
    public async Task A_request_for_no_record_or_no_time_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("max", () => manager.GetBatch("parse", 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            "max",
            async () => await manager.GetBatchAsync("parse", 0)
        );
        var timeless = new BatchRequest(1) { Timeout = TimeSpan.Zero, Wait = true };
        Assert.Throws<ArgumentOutOfRangeException>("request", () => manager.GetBatch("parse", timeless));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await manager.GetBatchAsync("parse", timeless));
    }

    [Fact]
    public void A_lease_is_for_one_source_a_consumer_and_a_time_if_asked()
    {
        manager.BufferBatchForStage("parse", "web", [1, 2]);
        manager.BufferBatchForStage("parse", "log", [3, 4]);
        var before = DateTimeOffset.UtcNow;
        var request = new BatchRequest(4)
        {
            OneSource = true,
            Consumer = "c1",
            Timeout = TimeSpan.FromHours(9),
        };
        var lease = manager.GetBatch("parse", request);
        Assert.Equal(("c1", 2), (lease.Consumer, lease.Count));
        Assert.InRange(lease.Deadline - before, TimeSpan.FromHours(8), TimeSpan.FromHours(10));
        Assert.Equal([3], manager.GetBatch("parse", 1).Select(r => r.Record));
    }

    [Fact]
    public async Task A_request_that_waits_is_cancelled_and_takes_nothing()
    {
        using var cancel = new CancellationTokenSource();
        var leasing = manager.GetBatchAsync("parse", new BatchRequest(1) { Wait = true }, cancel.Token).AsTask();
        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(leasing));
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Empty(manager.Parts.Stages.GetOrAddStage("parse").Consumers);
        manager.BufferForStage("parse", "web", 7);
        Assert.Single(manager.GetBatch("parse", 1));
    }

    [Fact]
    public async Task A_request_that_waits_ends_empty_when_the_manager_stops()
    {
        var leasing = manager.GetBatchAsync("parse", 1).AsTask();
        await manager.DisposeAsync();
        Assert.Empty(await Within.Reason(leasing));
        Assert.Empty(await Within.Reason(manager.GetBatchAsync("parse", 1)));
    }

    [Fact]
    public async Task A_consumer_that_holds_a_source_waits_for_more_of_it()
    {
        manager.BufferForStage("parse", "web", 1);
        var held = manager.GetBatch("parse", 1);
        var other = manager.GetBatchAsync("parse", 1).AsTask();
        var more = manager.GetBatchAsync("parse", new BatchRequest(1) { Wait = true, HeldLease = held.Id }).AsTask();
        Assert.False(more.IsCompleted);
        manager.BufferBatchForStage("parse", "web", [2, 3]);
        Assert.Equal(2, (await Within.Reason(more)).GetRecord(0));
        Assert.False(other.IsCompleted);
        manager.Complete(held);
        manager.Complete(await more);
        Assert.Equal(3, (await Within.Reason(other)).GetRecord(0));
    }

    [Fact]
    public async Task Consumers_that_wait_are_served_in_order_of_arrival()
    {
        var waiting = Enumerable.Range(0, 3).Select(_ => manager.GetBatchAsync("parse", 1).AsTask()).ToArray();
        foreach (var (i, leasing) in waiting.Index())
        {
            manager.BufferForStage("parse", $"source {i}", i);
            Assert.Equal(i, (await Within.Reason(leasing)).GetRecord(0));
        }
        Assert.Equal(3, manager.GetSnapshot().Total.InFlight);
    }

    [Fact]
    public async Task A_stage_that_an_operator_holds_gives_no_lease()
    {
        manager.BufferForStage("parse", "web", 1);
        manager.Pause(HoldTarget.Stage, "parse");
        Assert.Empty(manager.GetBatch("parse", 1));
        var leasing = manager.GetBatchAsync("parse", 1).AsTask();
        Assert.False(leasing.IsCompleted);
        manager.Resume(HoldTarget.Stage, "parse");
        Assert.Single(await Within.Reason(leasing));
    }

    [Fact]
    public async Task A_request_that_does_not_wait_may_be_cancelled_before()
    {
        manager.BufferForStage("parse", "web", 7);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await manager.GetBatchAsync("parse", new BatchRequest(1), new(canceled: true))
        );
        Assert.Single(manager.GetBatch("parse", 1));
    }
}
