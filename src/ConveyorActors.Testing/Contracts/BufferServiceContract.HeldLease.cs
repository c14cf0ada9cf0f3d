using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>
/// Delivery: leases taken while another is held, by a consumer that requests more records of its sources.
/// </summary>
public abstract partial class BufferServiceContract
{
    Task<LeasedBatch> LeaseWhileHolding(LeasedBatch other, int max = 100) =>
        Within(Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(max) { HeldLease = other.Id }));

    [Fact]
    public async Task A_consumer_that_names_its_lease_takes_more_of_the_same_source_and_nobody_else_does()
    {
        await Fill(5);
        var first = await Lease(2);
        Assert.Equal(0, (await Lease()).Count);
        var second = await LeaseWhileHolding(first, 2);
        Assert.Equal(("r1 r2", "r3 r4"), (Ids(first), Ids(second)));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(0, (await Lease()).Count);
        Assert.Equal("r5", Ids(await LeaseWhileHolding(second)));
        Assert.Equal(2, (await Complete(first)).Settled);
        await AssertConserved();
    }

    [Fact]
    public async Task A_source_is_free_for_others_when_the_last_of_the_leases_beside_one_another_is_settled()
    {
        await Fill(4);
        var first = await Lease(1);
        var second = await LeaseWhileHolding(first, 1);
        await Complete(first);
        Assert.Equal(0, (await Lease()).Count);
        var third = await LeaseWhileHolding(second, 1); // the first lease is settled; its sources are still held
        await Complete(second);
        Assert.Equal(0, (await Lease()).Count);
        var waiting = await WaitingLease();
        await Complete(third);
        Assert.Equal("r4", Ids(await waiting));
    }

    [Fact]
    public async Task A_wait_beside_a_lease_is_ended_by_records_of_the_source_that_it_holds_and_others_wait_on()
    {
        await Fill(1);
        var first = await Lease();
        var other = await WaitingLease();
        var heldLease = Service
            .GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true, HeldLease = first.Id })
            .AsTask();
        await Eventually(() => StageNow(), s => s.WaitingConsumers == 2);
        await Fill(1, prefix: "more");
        Assert.Equal("more1", Ids(await Within(heldLease)));
        Assert.False(other.IsCompleted);
        await Fill(1, source: "b", prefix: "free");
        Assert.Equal("free1", Ids(await other));
    }

    [Fact]
    public async Task What_is_returned_to_the_buffer_comes_first_in_the_next_lease_beside()
    {
        await Fill(4);
        var first = await Lease(2);
        await Return(first, charge: false, sequences: Sequences(first, "r1"));
        Assert.Equal("r1 r3 r4", Ids(await LeaseWhileHolding(first)));
    }

    [Fact]
    public async Task A_lease_beside_serves_all_sources_in_turn()
    {
        await Fill(40, source: "a", prefix: "a");
        var first = await Lease(1);
        await Fill(40, source: "b", prefix: "b");
        var second = await LeaseWhileHolding(first, 70);
        Assert.InRange(second.Records.Count(r => r.SourceId == "a"), 30, 40);
        Assert.InRange(second.Records.Count(r => r.SourceId == "b"), 30, 40);
    }

    [Fact]
    public async Task To_name_a_lease_that_is_not_open_is_to_name_none()
    {
        await Fill(3);
        var first = await Lease(1);
        Assert.Equal(
            0,
            (await Within(Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { HeldLease = 4_711 }))).Count
        );
        await Complete(first);
        Assert.Equal("r2 r3", Ids(await LeaseWhileHolding(first)));
    }

    [Fact]
    public async Task A_lease_beside_that_expires_goes_back_in_order_with_the_others()
    {
        await ConfigureStage(Stage, new() { Backoff = BackoffSettings.None });
        await Fill(4);
        var first = await Lease(2);
        Clock.Advance(Seconds(10));
        await LeaseWhileHolding(first, 1);
        Clock.Advance(Seconds(30));
        await Eventually(() => StageNow(), s => s.Level.Buffered == 4);
        for (var i = 1; i <= 4; i++)
            Assert.Equal($"r{i}", await Drain(1));
    }
}
