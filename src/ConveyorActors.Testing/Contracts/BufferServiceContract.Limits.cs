using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Admission: limits that change while the pipeline runs.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Settings_that_contradict_each_other_are_refused_and_change_nothing()
    {
        await Configure(new() { MaxPerStage = 7 });
        await Fill(1);
        var refusal = await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Configure(
                new()
                {
                    MaxPerStage = 8,
                    BackpressureThreshold = 0.5,
                    LowWatermark = 0.6,
                }
            )
        );
        Assert.Contains("LowWatermark is 0.6", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("BackpressureThreshold is 0.5", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(7, (await StageNow()).Level.Limit);
    }

    [Fact]
    public async Task Raised_limits_hold_at_once()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                MaxPerSource = 1,
                MaxTotalRecords = 1,
            }
        );
        await Fill(1);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2")).Status);
        await Configure(
            new()
            {
                MaxPerStage = 2,
                MaxPerSource = 2,
                MaxTotalRecords = 2,
            }
        );
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2")).Status);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r3")).Status);
    }

    [Fact]
    public async Task Raised_limits_let_waiting_offers_in()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(1);
        var offer = await WaitingOffer([Make("r2")]);
        await Configure(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        Assert.Equal(OfferStatus.Accepted, (await offer).Status);
    }

    [Fact]
    public async Task Lowered_limits_refuse_until_enough_has_settled_and_lose_nothing()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(5);
        await Configure(new() { MaxPerStage = 2 });
        Assert.Equal(OfferStatus.StageFull, (await Offer("r6")).Status);
        Assert.Equal(2.5, await Within(Service.GetStageUtilizationAsync(Pipeline, Stage)));
        Assert.Equal(0, await Available(stage: Stage));
        Assert.Equal("r1 r2 r3", await Drain(3));
        Assert.Equal(OfferStatus.StageFull, (await Offer("r6")).Status);
        Assert.Equal("r4", await Drain(1));
        Assert.Equal(OfferStatus.Accepted, (await Offer("r6")).Status);
        Assert.Equal("r5 r6", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_dry_run_of_new_limits_says_what_they_would_refuse_and_pause_and_changes_nothing()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 100,
                MaxPerStage = 100,
                MaxPerSource = 100,
            }
        );
        await Fill(10, "filter", "a");
        await Fill(4, "enrich", "b");

        var plan = await Within(
            Service.PlanLimitsAsync(
                Pipeline,
                new()
                {
                    MaxTotalRecords = 100,
                    MaxPerStage = 8,
                    MaxPerSource = 20,
                }
            )
        );
        Assert.False(plan.IsHarmless);
        var row = Assert.Single(plan.Rows);
        Assert.Equal(("stage filter", 10, 8, 0), (row.Level, row.Used, row.NewLimit, row.Evicted));
        Assert.Equal(3, row.RefusedUntil);
        Assert.Equal("a", Assert.Single(plan.Paused));

        plan = await Within(
            Service.PlanLimitsAsync(
                Pipeline,
                new()
                {
                    MaxTotalRecords = 13,
                    MaxPerStage = 100,
                    MaxPerSource = 9,
                }
            )
        );
        Assert.Equal(["manager", "source a"], plan.Rows.Select(r => r.Level).Order());
        Assert.Equal(["a", "b"], plan.Paused.Order());

        Assert.True((await Within(Service.PlanLimitsAsync(Pipeline, new() { MaxPerStage = 100 }))).IsHarmless);
        Assert.Equal((100, 14), ((await StageNow("filter")).Level.Limit, (await Total()).Pending));
        Assert.Equal(BackpressureSignal.None, await SignalNow("a"));
    }

    [Fact]
    public async Task A_dry_run_of_new_limits_says_what_would_be_evicted_and_the_change_evicts_it()
    {
        var stage = new StageSettings { FullMode = FullMode.DropOldest };
        await Configure(new() { MaxPerStage = 100, Stage = stage });
        await Fill(10);
        var held = await Lease(2);

        var lower = new BufferSettings { MaxPerStage = 5, Stage = stage };
        var row = Assert.Single((await Within(Service.PlanLimitsAsync(Pipeline, lower))).Rows);
        Assert.Equal(("stage filter", 10, 5, 5), (row.Level, row.Used, row.NewLimit, row.Evicted));
        Assert.Equal((null, null), (row.UsedBytes, row.NewLimitBytes));
        Assert.Equal(10, (await Total()).Pending);

        await Configure(lower);
        Assert.Equal(5, await Lost(LossReason.DroppedOldest));
        await Complete(held);
        Assert.Equal("r8 r9 r10", await Drain());
        await AssertConserved();
    }

    [Theory]
    [InlineData(2_500, 8)] // two of ten records of 1,000 bytes
    [InlineData(2_000, 8)]
    [InlineData(1_999, 9)]
    [InlineData(999, 10)]
    [InlineData(10_000, 0)]
    public async Task A_dry_run_of_new_limits_in_bytes_says_what_the_change_evicts(long limit, long evicted)
    {
        var stage = new StageSettings { FullMode = FullMode.DropOldest };
        await Configure(new() { MaxBytesPerStage = 10_000, Stage = stage });
        await OfferAll([.. Enumerable.Range(1, 10).Select(i => Make($"r{i}", 1_000))]);

        var lower = new BufferSettings { MaxBytesPerStage = limit, Stage = stage };
        var plan = await Within(Service.PlanLimitsAsync(Pipeline, lower));
        Assert.Equal((evicted, 10), (plan.Rows.Sum(r => r.Evicted), (await Total()).Pending));
        Assert.All(plan.Rows, r => Assert.Equal((10_000L, limit), (r.UsedBytes, r.NewLimitBytes)));
        await Configure(lower);
        Assert.Equal((evicted, 10 - evicted), (await Lost(LossReason.DroppedOldest), (await Total()).Pending));
        await AssertConserved();
    }

    [Fact]
    public async Task A_dry_run_of_new_limits_counts_the_bytes_of_leases_and_credits()
    {
        var stage = new StageSettings { FullMode = FullMode.DropOldest };
        await Configure(new() { MaxBytesPerStage = 10_000, Stage = stage });
        await OfferAll([.. Enumerable.Range(1, 8).Select(i => Make($"r{i}", 1_000))]);
        await Lease(1);
        Assert.Equal(
            2,
            (await Within(Service.RequestCreditsAsync(Pipeline, Stage, "b", 2, TimeSpan.FromMinutes(1), 1_000))).Records
        );

        // A record in flight and two credits keep 3,000 bytes; waiting records are dropped down to one record, and then
        // all of them.
        foreach (var (limit, evicted) in new[] { (4_000, 6), (2_000, 7) })
        {
            var lower = new BufferSettings { MaxBytesPerStage = limit, Stage = stage };
            var before = await Lost(LossReason.DroppedOldest);
            var row = Assert.Single((await Within(Service.PlanLimitsAsync(Pipeline, lower))).Rows);
            await Configure(lower);
            Assert.Equal(row.Evicted, await Lost(LossReason.DroppedOldest) - before);
            Assert.Equal(evicted, await Lost(LossReason.DroppedOldest));
        }
        await AssertConserved();
    }
}
