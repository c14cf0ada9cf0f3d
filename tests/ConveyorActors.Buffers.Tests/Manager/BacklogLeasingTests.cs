using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Leases, numbers and stops of a stage whose records are only in the store.</summary>
public sealed class BacklogLeasingTests
{
    const string Stage = BacklogStore.Stage;

    /// <summary>The memory that ten records of 100 bytes count as: 64 bytes more for each.</summary>
    const long TenRecords = 1_640;

    readonly FakeClock clock = new();

    [Theory]
    [InlineData(null)]
    [InlineData(TenRecords)]
    [InlineData(0L)]
    public async Task A_stage_with_records_in_the_store_never_looks_empty(long? bound)
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 3_000, ["b"] = 3_000 }, bound);
        await using var manager = Create(store, limit: 500);

        var taken = 0;
        while (manager.GetBatch(Stage, 100) is { Count: > 0 } lease)
        {
            taken += lease.Count;
            Assert.True(manager.Complete(lease).IsOk);
        }

        Assert.Equal(6_000, taken);
        Assert.Equal(0, manager.GetSnapshot().Total.Pending);
    }

    [Fact]
    public async Task Records_let_go_of_memory_are_leased_while_those_in_memory_are_in_flight()
    {
        await using var manager = Create(new BacklogStore(new Dictionary<string, int>(), TenRecords));
        foreach (var number in Enumerable.Range(1, 1_000))
            manager.BufferForStage(Stage, "a", number);

        var taken = new List<int>();
        while (manager.GetBatch(Stage, 100) is { Count: > 0 } lease)
            taken.AddRange(Enumerable.Range(0, lease.Count).Select(i => lease[i].Record));

        Assert.Equal(Enumerable.Range(1, 1_000), taken);
    }

    [Fact]
    public async Task Stored_records_are_leased_while_those_in_memory_are_in_flight()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 1_000 }, TenRecords);
        await using var manager = Create(store);

        var taken = 0;
        while (manager.GetBatch(Stage, 100) is { Count: > 0 } lease)
            taken += lease.Count;

        Assert.Equal(1_000, taken);
    }

    [Fact]
    public async Task A_waiting_consumer_gets_stored_records_while_those_in_memory_are_in_flight()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 1_000 }, TenRecords);
        await using var manager = Create(store);

        for (var taken = 0; taken < 1_000; )
            taken += (await Within.Reason(manager.GetBatchAsync(Stage, 100))).Count;
    }

    [Fact]
    public async Task A_lease_waits_for_the_load_that_is_under_way()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 1_000 });
        await using var manager = Create(store, limit: 100);
        store.HoldUp();
        manager.Complete(manager.GetBatch(Stage, 100)); // room for a load on another thread
        await Within.Reason(store.HeldUp.Task);

        var leasing = Within.Thread(() => Assert.NotEmpty(manager.GetBatch(Stage, 100)));
        store.LetGo();

        await Within.Reason(leasing);
    }

    [Fact]
    public async Task An_empty_batch_while_the_source_waits_for_its_backoff_reads_nothing()
    {
        var store = new BacklogStore(new Dictionary<string, int>(), TenRecords);
        await using var manager = Create(store);
        foreach (var number in Enumerable.Range(1, 100))
            manager.BufferForStage(Stage, "a", number);
        var lease = manager.GetBatch(Stage, 100);
        Assert.Equal(SettleStatus.Ok, manager.ReturnToBuffer(lease, null, "failed").Status);

        AssertEmptyWithoutReading(manager, store, new(100));
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.NotEmpty(manager.GetBatch(Stage, 100));
    }

    [Fact]
    public async Task Under_strict_order_stored_records_wait_for_the_lease_of_their_source()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 100 }, TenRecords);
        await using var manager = Create(store, LeaseOrder.OneLeasePerSource);
        var lease = manager.GetBatch(Stage, 1_000);
        Assert.InRange(lease.Count, 1, 99);

        AssertEmptyWithoutReading(manager, store, new(100));
        Assert.NotEmpty(manager.GetBatch(Stage, new BatchRequest(100) { HeldLease = lease.Id }));
    }

    [Fact]
    public async Task Stored_records_of_a_held_stage_are_neither_read_nor_leased()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 100 }, TenRecords);
        await using var manager = Create(store);
        manager.GetBatch(Stage, 1_000);
        manager.Pause(HoldTarget.Stage, Stage);

        AssertEmptyWithoutReading(manager, store, new(100));
    }

    static void AssertEmptyWithoutReading(BufferManager<int> manager, BacklogStore store, BatchRequest request)
    {
        var reads = store.Reads;
        Assert.Empty(manager.GetBatch(Stage, request));
        Assert.Equal(reads, store.Reads);
    }

    [Fact]
    public async Task Fill_and_stages_with_data_count_records_that_are_only_in_the_store()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 80, ["b"] = 120 });
        await using var manager = Create(store, limit: 100);
        Assert.Equal((2.0, 2.0), (manager.GetStageUtilization(Stage), manager.GetGlobalUtilization()));

        store.HoldUp();
        var lease = manager.GetBatch(Stage, 100);
        var left = 200 - lease.Count;
        manager.Complete(lease); // nothing is in memory now
        await Within.Reason(store.HeldUp.Task);

        Assert.Equal((0, left), (manager.GetSnapshot().Total.Buffered, manager.GetSnapshot().Total.Stored));
        Assert.Equal(
            (left / 100.0, left / 100.0),
            (manager.GetStageUtilization(Stage), manager.GetGlobalUtilization())
        );
        Assert.Equal([Stage], manager.GetStagesWithData());
        store.LetGo();
    }

    [Fact]
    public async Task A_stop_waits_for_the_load_that_is_under_way_and_none_follows()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 1_000 });
        var manager = Create(store, limit: 100);
        store.HoldUp();
        manager.Complete(manager.GetBatch(Stage, 100));
        await Within.Reason(store.HeldUp.Task);

        var disposing = manager.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => disposing.WaitAsync(TimeSpan.FromMilliseconds(100)));
        store.LetGo();
        await Within.Reason(disposing);

        var reads = store.Reads;
        while (manager.GetBatch(Stage, 100) is { Count: > 0 }) { } // those in memory
        Assert.Equal(reads, store.Reads);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_is_failing_and_is_read_again_later()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 1_000, ["b"] = 1 });
        await using var manager = Create(store, limit: 100);
        store.Throws = true;
        manager.Complete(manager.GetBatch(Stage, 100));
        await Within.Reason(store.HeldUp.Task);

        Assert.Empty(manager.GetBatch(Stage, 100)); // after the load that fails
        Assert.Equal(OfferStatus.StoreFailing, manager.BufferForStage(Stage, "b", 2_000).Status);
        Assert.Equal(BackpressureReason.Store, Assert.Single(manager.Explain("b")).Limit);

        store.Throws = false;
        clock.Advance(TimeSpan.FromSeconds(1));
        await Within.Reason(WaitForRecordsInMemoryAsync(manager));
        Assert.Empty(manager.Explain("b"));
        Assert.True(manager.BufferForStage(Stage, "b", 2_000).IsAccepted);
    }

    static async Task WaitForRecordsInMemoryAsync(BufferManager<int> manager)
    {
        while (manager.GetSnapshot().Total.Buffered == 0)
            await Task.Delay(1);
    }

    [Fact]
    public async Task A_manager_whose_store_cannot_be_read_at_the_start_loads_its_records_later()
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = 10 }) { Throws = true };
        await using var manager = Create(store);
        Assert.Empty(manager.GetBatch(Stage, 100));
        Assert.Equal(10, manager.GetSnapshot().Total.Pending);

        store.Throws = false;

        Assert.Equal(10, manager.GetBatch(Stage, 100).Count);
    }

    [Fact]
    public async Task A_source_whose_backlog_is_not_loaded_yet_is_told_so_until_it_is()
    {
        await using var manager = Create(new BacklogStore(new Dictionary<string, int> { ["a"] = 1_000 }), limit: 100);

        var backlog = Assert.Single(manager.Explain("a"), r => r.Limit == "backlog of source a");
        var stored = manager.GetSnapshot().Sources.Single().Level.Stored;
        Assert.Equal((stored, 1_000, stored / 1_000.0), (backlog.Used, backlog.Of, backlog.Fill));
        Assert.Equal(OfferStatus.SourceFull, manager.BufferForStage(Stage, "a", 1).Status);

        while (manager.GetBatch(Stage, 100) is { Count: > 0 } lease)
            manager.Complete(lease);
        Assert.Empty(manager.Explain("a"));
        Assert.True(manager.BufferForStage(Stage, "a", 1).IsAccepted);
    }

    BufferManager<int> Create(BacklogStore store, LeaseOrder order = LeaseOrder.Shared, int limit = 10_000) =>
        new(
            new()
            {
                MaxTotalRecords = limit,
                MaxPerStage = limit,
                MaxPerSource = limit,
                Stage = new() { LeaseOrder = order },
            },
            new()
            {
                Store = store,
                SizeOf = static _ => 100,
                Clock = clock,
            }
        );

    BufferManager<int> Create(BacklogStore store, int limit) => Create(store, LeaseOrder.Shared, limit);
}
