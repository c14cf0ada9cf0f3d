using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Delivery: completing and returning records, retries and backoff.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Completing_a_lease_settles_all_of_it()
    {
        await Fill(3);
        var batch = await Lease();
        Assert.Equal(new SettleResult(SettleStatus.Ok, 3), await Complete(batch));
        Assert.Equal((0, 3), ((await Total()).Pending, (await Total()).Completed));
        Assert.Empty((await StageNow()).Leases);
    }

    [Fact]
    public async Task After_some_of_a_lease_is_settled_the_rest_can_still_be()
    {
        await Configure(new() { Stage = Eager });
        await Fill(4);
        var batch = await Lease();
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch, Sequences(batch, "r2")));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Return(batch, sequences: Sequences(batch, "r3")));
        Assert.Equal(2, Assert.Single((await StageNow()).Leases).Records);
        Assert.Equal(new SettleResult(SettleStatus.Ok, 2), await Complete(batch));
        Assert.Equal("r3", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_record_settled_before_is_not_settled_again()
    {
        await Fill(3);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r1"));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch, Sequences(batch, "r1", "r2")));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 0), await Return(batch, sequences: Sequences(batch, "r2")));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Complete(batch));
        await AssertConserved();
    }

    [Fact]
    public async Task A_record_named_twice_is_settled_once()
    {
        await Fill(2);
        var batch = await Lease();
        Assert.Equal(1, (await Complete(batch, 1, 1, 1)).Settled);
        Assert.Equal(1, (await Total()).InFlight);
    }

    [Fact]
    public async Task A_lease_settles_no_records_but_its_own()
    {
        await Fill(2, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var (first, second) = (await Lease(10, oneSource: true), await Lease(10, oneSource: true));
        Assert.Equal(
            new SettleResult(SettleStatus.Ok, 0),
            await Complete(first, [.. second.Records.Select(r => r.Sequence), 99, 0, -1])
        );
        Assert.Equal(2, (await Complete(second)).Settled);
        Assert.Equal(2, (await Complete(first)).Settled);
    }

    [Fact]
    public async Task A_lease_that_was_settled_whole_or_never_given_is_unknown()
    {
        await Fill(1);
        var batch = await Lease();
        await Complete(batch);
        var unknown = new SettleResult(SettleStatus.UnknownLease, 0);
        Assert.Equal(unknown, await Complete(batch));
        Assert.Equal(unknown, await Return(batch));
        Assert.Equal(unknown, await DeadLetter(batch));
        Assert.Equal(unknown, await Within(Service.RenewAsync(Pipeline, Stage, batch.Id)));
        Assert.Equal(unknown, await Within(StartHop(batch, "enrich", Make("x"))));
        Assert.Equal(unknown, await Complete(batch with { Id = 12_345 }));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_returned_record_has_its_retry_count_up_by_one()
    {
        await Configure(new() { Stage = Eager });
        await Fill(2);
        for (var tried = 0; tried < 3; tried++)
        {
            var batch = await Lease();
            Assert.Equal([tried, tried], batch.Records.Select(r => r.RetryCount));
            await Return(batch);
        }

        Assert.Equal([3, 3], (await Lease()).Records.Select(r => r.RetryCount));
        Assert.Equal(6, (await Total()).Retries);
    }

    [Fact]
    public async Task A_record_returned_without_charge_was_not_tried_and_is_there_again_at_once()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    MaxRetries = 0,
                    Backoff = new() { First = Seconds(100), Max = Seconds(100) },
                },
            }
        );
        await Fill(1);
        for (var i = 0; i < 5; i++)
        {
            var batch = await Lease();
            Assert.Equal(0, Assert.Single(batch.Records).RetryCount);
            Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Return(batch, charge: false));
        }

        Assert.Equal(0, (await Total()).Retries);
    }

    [Fact]
    public async Task A_returned_record_waits_out_its_backoff()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    Backoff = new() { First = Seconds(1), Jitter = 0 },
                },
            }
        );
        await Fill(1);
        await Return(await Lease());
        Clock.Advance(Milliseconds(999));
        Assert.Equal(0, (await Lease()).Count);
        Clock.Advance(Milliseconds(1));
        Assert.Equal("r1", Ids(await LeaseOnceThere()));
    }

    [Fact]
    public async Task A_waiting_consumer_is_woken_when_the_backoff_is_over()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    Backoff = new() { First = Seconds(1), Jitter = 0 },
                },
            }
        );
        await Fill(1);
        await Return(await Lease());
        var lease = await WaitingLease();
        Clock.Advance(Seconds(1));
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task The_backoff_grows_with_each_return_up_to_its_bound()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    MaxRetries = 10,
                    Backoff = new()
                    {
                        First = Seconds(1),
                        Max = Seconds(5),
                        Factor = 2,
                        Jitter = 0,
                    },
                },
            }
        );
        await Fill(1);
        var batch = await Lease();
        foreach (var seconds in new[] { 1, 2, 4, 5, 5 })
        {
            await Return(batch);
            Clock.Advance(Seconds(seconds) - Milliseconds(1));
            Assert.Equal(0, (await Lease()).Count);
            Clock.Advance(Milliseconds(1));
            batch = await LeaseOnceThere();
        }
    }

    [Fact]
    public async Task The_backoff_is_jittered_within_its_share()
    {
        await Configure(
            new()
            {
                MaxPerStage = 200,
                Stage = new()
                {
                    Backoff = new() { First = Seconds(10), Jitter = 0.5 },
                },
            }
        );
        for (var i = 0; i < 100; i++)
            await Offer($"r{i}", source: $"s{i}");
        await Return(await Lease(200));
        Clock.Advance(Seconds(5) - Milliseconds(1));
        Assert.Equal(0, (await Lease(200)).Count);
        Clock.Advance(Seconds(2.5));
        var half = (await Lease(200)).Count;
        Assert.InRange(half, 10, 90);
        Clock.Advance(Seconds(2.501));
        await Eventually(async () => half += (await Lease(200)).Count, all => all == 100);
    }

    [Fact]
    public async Task Only_the_source_of_a_returned_record_waits_with_it()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    Backoff = new() { First = Seconds(1), Jitter = 0 },
                },
            }
        );
        await Fill(2, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var batch = await Lease(10);
        await Return(batch, sequences: Sequences(batch, "a1"));
        await Complete(batch);
        await Offer("a3", source: "a");
        await Offer("b3", source: "b");
        Assert.Equal("b3", await Drain());
        Assert.Equal("", await Drain());
        Clock.Advance(Seconds(1));
        Assert.Equal("a1 a3", Ids(await LeaseOnceThere(2)));
    }
}
