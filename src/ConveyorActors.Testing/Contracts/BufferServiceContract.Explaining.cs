using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Inspection: the reasons why a source is held.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_source_that_is_not_held_has_nothing_to_explain()
    {
        await Fill(1);
        Assert.Empty(await Within(Service.ExplainAsync(Pipeline, Source)));
        Assert.Empty(await Within(Service.ExplainAsync(Pipeline, "nobody")));
    }

    [Fact]
    public async Task A_held_source_is_told_which_limit_holds_it_and_who_owes_the_room()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(9);
        Clock.Advance(Seconds(2));
        await Lease(4, consumer: "worker-1");
        Clock.Advance(Seconds(3));

        var reason = Assert.Single(await Within(Service.ExplainAsync(Pipeline, Source)));
        Assert.Equal(("stage filter", 9, 10, 0.9), (reason.Limit, reason.Used, reason.Of, reason.Fill));
        Assert.Equal(Seconds(5), reason.Since);
        Assert.NotNull(reason.OwedBy);
        Assert.Equal(("worker-1", 4, Seconds(3)), (reason.OwedBy.Consumer, reason.OwedBy.Records, reason.OwedBy.Age));
        Assert.Null(reason.ExpectedIn);
    }

    [Fact]
    public async Task A_limit_in_bytes_that_holds_a_source_is_told_in_bytes()
    {
        await Configure(new() { MaxBytesPerStage = 10 });
        await OfferAll([Make("r1", bytes: 9)]);

        var reason = Assert.Single(await Within(Service.ExplainAsync(Pipeline, Source)));

        Assert.Equal(("stage filter", 1, 0.9), (reason.Limit, reason.Used, reason.Fill));
        Assert.Equal((9, 10), (reason.UsedBytes, reason.OfBytes));
        await Configure(new() { MaxPerStage = 1 });
        var inRecords = Assert.Single(await Within(Service.ExplainAsync(Pipeline, Source)));
        Assert.Equal((null, null), (inRecords.UsedBytes, inRecords.OfBytes));
    }

    [Fact]
    public async Task A_source_held_by_several_limits_is_told_them_all()
    {
        await Configure(
            new()
            {
                MaxPerStage = 10,
                MaxPerSource = 10,
                MaxTotalRecords = 10,
            }
        );
        await Fill(9);
        var reasons = await Within(Service.ExplainAsync(Pipeline, Source));
        Assert.Equal(["manager", "source kafka-1", "stage filter"], reasons.Select(r => r.Limit).Order());
        Assert.All(reasons, r => Assert.Null(r.OwedBy));
    }

    [Fact]
    public async Task A_held_source_is_told_when_to_expect_the_end_at_the_pace_of_the_last_seconds()
    {
        await Configure(new() { MaxPerStage = 100 });
        await Fill(95);
        for (var i = 0; i < 10; i++)
        {
            Clock.Advance(Seconds(1));
            await Drain(1);
        }

        // 25 records must be settled, at one per second.
        var reason = Assert.Single(await Within(Service.ExplainAsync(Pipeline, Source)));
        Assert.NotNull(reason.ExpectedIn);
        Assert.InRange(reason.ExpectedIn.Value, Seconds(10), Seconds(60));
        Assert.Equal(Seconds(10), reason.Since);
    }

    [Fact]
    public async Task A_source_refused_without_a_record_pending_is_told_why()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(10, source: "other");
        await Offer("r");
        Assert.Equal("stage filter", Assert.Single(await Within(Service.ExplainAsync(Pipeline, Source))).Limit);
    }
}
