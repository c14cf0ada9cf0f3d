using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Inspection: queries that are always allowed.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Every_level_tells_its_depth_in_records_and_bytes_and_what_is_in_flight()
    {
        await Configure(
            new()
            {
                MaxTotalBytes = 1_000,
                MaxBytesPerStage = 500,
                MaxBytesPerSource = 400,
            }
        );
        await OfferAll([Make("r1", 10), Make("r2", 20), Make("r3", 30)], "filter", "a");
        await OfferAll([Make("r4", 5)], "enrich", "a");
        await Lease(1, "filter");

        var snapshot = await AssertConserved();
        Assert.Equal(Pipeline, snapshot.Pipeline);
        Assert.Equal((3, 1, 65), (snapshot.Total.Buffered, snapshot.Total.InFlight, snapshot.Total.PendingBytes));
        Assert.Equal(
            (1_000L, 500L, 400L),
            (snapshot.Total.LimitBytes, snapshot.Stages[0].Level.LimitBytes, snapshot.Sources[0].Level.LimitBytes)
        );
        var filter = snapshot.Stages.Single(s => s.Stage == "filter").Level;
        Assert.Equal((2, 1, 60), (filter.Buffered, filter.InFlight, filter.PendingBytes));
        var source = Assert.Single(snapshot.Sources);
        Assert.Equal(
            ("a", 3, 1, 65),
            (source.Source, source.Level.Buffered, source.Level.InFlight, source.Level.PendingBytes)
        );
    }

    [Fact]
    public async Task Every_level_tells_what_was_offered_accepted_refused_settled_dropped_expired_and_dead_lettered_by_reason()
    {
        await Configure(
            new()
            {
                MaxPerStage = 4,
                Stage = new()
                {
                    MaxRetries = 1,
                    Backoff = BackoffSettings.None,
                    TimeToLive = Seconds(60),
                },
            }
        );
        await ConfigureStage("sink", new() { FullMode = FullMode.DropOldest });
        await OfferAll(MakeMany("r", 6), "filter", "a");
        await OfferAll(MakeMany("s", 5), "sink", "b");
        var batch = await Lease(stage: "filter");
        await Complete(batch, 1);
        await Return(batch, sequences: 2);
        await Return(batch, charge: false);
        batch = await Lease(stage: "filter");
        await Return(batch, sequences: 2);
        await DeadLetter(batch, sequences: 3);
        await Return(batch, charge: false);
        Clock.Advance(Seconds(60));
        await Eventually(Total, t => t.Expired == 1);

        var snapshot = await AssertConserved();
        var (filter, sink) = (
            snapshot.Stages.Single(s => s.Stage == "filter").Level,
            snapshot.Stages.Single(s => s.Stage == "sink").Level
        );
        Assert.Equal((6, 4, 2, 1), (filter.Offered, filter.Accepted, filter.Refused, filter.Completed));
        Assert.Equal((0, 1, 2, 2), (filter.Dropped, filter.Expired, filter.DeadLettered, filter.Retries));
        Assert.Equal((5, 5, 0, 1), (sink.Offered, sink.Accepted, sink.Refused, sink.Dropped));
        Assert.Equal((11, 9), (snapshot.Total.Offered, snapshot.Total.Accepted));
        var a = snapshot.Sources.Single(s => s.Source == "a").Level;
        Assert.Equal((6, 4, 2, 1, 2), (a.Offered, a.Accepted, a.Refused, a.Completed, a.DeadLettered));
        Assert.Equal(
            [
                ("filter", "a", LossReason.StageFull, 2L),
                ("filter", "a", LossReason.Expired, 1),
                ("filter", "a", LossReason.RetriesExhausted, 1),
                ("filter", "a", LossReason.Rejected, 1),
                ("sink", "b", LossReason.DroppedOldest, 1),
            ],
            snapshot
                .Losses.OrderBy(l => l.Stage)
                .ThenBy(l => l.Reason)
                .Select(l => (l.Stage, l.Source, l.Reason, l.Count))
        );
    }

    [Fact]
    public async Task Every_level_tells_the_age_of_its_oldest_record()
    {
        Assert.Equal(TimeSpan.Zero, (await Total()).OldestAge);
        await Fill(1, "filter", "a");
        Clock.Advance(Seconds(10));
        await Fill(1, "enrich", "b");
        Clock.Advance(Seconds(5));
        var snapshot = await GetSnapshot();
        Assert.Equal(
            (Seconds(15), Seconds(15)),
            (snapshot.Total.OldestAge, snapshot.Stages.Single(s => s.Stage == "filter").Level.OldestAge)
        );
        Assert.Equal(Seconds(5), snapshot.Sources.Single(s => s.Source == "b").Level.OldestAge);
        await Drain(stage: "filter");
        Assert.Equal(Seconds(5), (await Total()).OldestAge);
    }

    [Fact]
    public async Task Every_level_tells_how_long_leased_records_had_waited()
    {
        await Offer("r1");
        Clock.Advance(Seconds(10));
        await Fill(3, prefix: "later");
        Clock.Advance(Seconds(10));
        await Drain();
        var snapshot = await GetSnapshot();
        foreach (var level in new[] { snapshot.Total, snapshot.Stages[0].Level, snapshot.Sources[0].Level })
            Assert.Equal(Seconds(12.5), level.MeanWait);
    }

    [Fact]
    public async Task Every_level_tells_its_fill_now_and_over_time()
    {
        await Configure(
            new()
            {
                MaxPerStage = 10,
                MaxPerSource = 20,
                MaxTotalRecords = 40,
            }
        );
        await Fill(8);
        var snapshot = await GetSnapshot();
        Assert.Equal(
            (0.8, 0.4, 0.2),
            (snapshot.Stages[0].Level.Fill, snapshot.Sources[0].Level.Fill, snapshot.Total.Fill)
        );
        Clock.Advance(Seconds(10));
        await Drain();
        Clock.Advance(Seconds(10));
        snapshot = await GetSnapshot();
        Assert.Equal(0, snapshot.Total.Fill);
        Assert.InRange(snapshot.Stages[0].Level.MeanFill, 0.39, 0.41);
        Assert.InRange(snapshot.Sources[0].Level.MeanFill, 0.19, 0.21);
        Assert.InRange(snapshot.Total.MeanFill, 0.09, 0.11);
    }

    [Fact]
    public async Task The_mean_fill_of_a_level_begins_with_the_level()
    {
        await Configure(new() { MaxPerStage = 10, MaxPerSource = 10 });
        Clock.Advance(Seconds(30));
        await Fill(5);
        Clock.Advance(Seconds(10));
        var snapshot = await GetSnapshot();
        Assert.InRange(snapshot.Stages[0].Level.MeanFill, 0.49, 0.51);
        Assert.InRange(snapshot.Sources[0].Level.MeanFill, 0.49, 0.51);
    }

    [Fact]
    public async Task Utilization_is_the_fill_by_records_or_bytes_whichever_is_more()
    {
        await Configure(
            new()
            {
                MaxPerStage = 100,
                MaxTotalRecords = 200,
                MaxBytesPerStage = 1_000,
                MaxTotalBytes = 10_000,
            }
        );
        Assert.Equal((0.0, 0.0), (await StageFill(), await GlobalFill()));
        await Fill(50);
        Assert.Equal((0.5, 0.25), (await StageFill(), await GlobalFill()));
        await Offer("big", bytes: 700);
        Assert.Equal(0.75, await StageFill());
        await Drain();
        await Request(30);
        Assert.Equal((0.3, 0.15), (await StageFill(), await GlobalFill()));

        Task<double> StageFill() => Within(Service.GetStageUtilizationAsync(Pipeline, Stage));
        Task<double> GlobalFill() => Within(Service.GetGlobalUtilizationAsync(Pipeline));
    }

    [Fact]
    public async Task The_leases_that_are_out_are_shown()
    {
        await Fill(3, source: "a");
        await Fill(2, source: "b");
        var first = await Lease(10, oneSource: true, consumer: "worker-1");
        Clock.Advance(Seconds(4));
        var second = await Lease(10, oneSource: true, timeout: Seconds(9));
        await Complete(first, first.Records[0].Sequence);

        var leases = (await StageNow()).Leases.OrderByDescending(l => l.Age).ToArray();
        Assert.Equal(
            (first.Id, "worker-1", 2, Seconds(4), Clock.Start + Seconds(30)),
            (leases[0].Id, leases[0].Consumer, leases[0].Records, leases[0].Age, leases[0].Deadline)
        );
        Assert.Equal(
            (second.Id, 2, TimeSpan.Zero, Clock.Start + Seconds(13)),
            (leases[1].Id, leases[1].Records, leases[1].Age, leases[1].Deadline)
        );
        if (NodeOfCaller is { } node)
            Assert.StartsWith(node, leases[1].Consumer, StringComparison.Ordinal);
        else
            Assert.Null(leases[1].Consumer);
    }

    [Fact]
    public async Task Signals_and_credits_of_each_source_are_shown()
    {
        await Configure(new() { MaxPerSource = 10 });
        await Fill(8, source: "a");
        await Fill(1, source: "b");
        var (a, b) = (await SourceNow("a"), await SourceNow("b"));
        Assert.Equal((BackpressureSignal.Pause, 2), (a.Signal, a.AvailableCredits));
        Assert.Equal((BackpressureSignal.None, 9), (b.Signal, b.AvailableCredits));
    }

    [Fact]
    public async Task Waiting_offers_and_consumers_are_shown()
    {
        await Configure(Full(FullMode.Wait, perStage: 1));
        await Fill(1);
        using var cancel = new CancellationTokenSource();
        var offer = await WaitingOffer([Make("r2")], cancellationToken: cancel.Token);
        var consumer = await WaitingLease(stage: "enrich", cancellationToken: cancel.Token);
        var snapshot = await GetSnapshot();
        Assert.Equal(
            (1, 0),
            (
                snapshot.Stages.Single(s => s.Stage == Stage).WaitingOffers,
                snapshot.Stages.Single(s => s.Stage == Stage).WaitingConsumers
            )
        );
        Assert.Equal(1, snapshot.Stages.Single(s => s.Stage == "enrich").WaitingConsumers);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => offer);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer);
        Assert.All((await GetSnapshot()).Stages, s => Assert.Equal((0, 0), (s.WaitingOffers, s.WaitingConsumers)));
    }

    [Fact]
    public async Task Stages_with_data_are_listed()
    {
        await Fill(1, "filter");
        await Fill(1, "enrich");
        await Fill(1, "sink");
        await Drain(stage: "enrich");
        await Lease(stage: "sink");
        Assert.Equal(["filter"], await Within(Service.GetStagesWithDataAsync(Pipeline)));
    }

    [Fact]
    public async Task Pipelines_are_listed()
    {
        Assert.DoesNotContain(Pipeline, await Within(Service.GetPipelinesAsync()));
        await Configure(new());
        Assert.Contains(Pipeline, await Within(Service.GetPipelinesAsync()));
    }

    [Fact]
    public async Task Asking_changes_nothing()
    {
        await Configure(new());
        await Within(Service.GetSignalAsync(Pipeline, "s"));
        await Within(Service.AvailableCreditsAsync(Pipeline, "x", "s"));
        await Within(Service.GetStageUtilizationAsync(Pipeline, "x"));
        await Within(Service.PeekAsync(Pipeline, "x", 1));
        await Within(Service.GetDeadLettersAsync(Pipeline, "x", 1));
        await Within(Service.ExplainAsync(Pipeline, "s"));
        await Within(Service.PlanLimitsAsync(Pipeline, new() { MaxPerStage = 1 }));
        var snapshot = await AssertConserved();
        Assert.Empty(snapshot.Stages);
        Assert.Empty(snapshot.Sources);
        Assert.Equal(100_000, snapshot.Total.Limit);
    }

    [Fact]
    public async Task Asking_and_settling_create_no_pipeline()
    {
        var typo = Pipeline + "-typo";
        Assert.Equal(
            (typo, 0L),
            (
                (await Within(Service.GetSnapshotAsync(typo))).Pipeline,
                (await Within(Service.GetSnapshotAsync(typo))).Total.Offered
            )
        );
        Assert.False((await Within(Service.GetSignalAsync(typo, Source))).IsHeld);
        Assert.Empty(await Within(Service.PeekAsync(typo, Stage, 10)));
        Assert.Equal(0, await Within(Service.ReplayDeadLettersAsync(typo, Stage)));
        Assert.Equal(SettleStatus.UnknownLease, (await Within(Service.CompleteAsync(typo, Stage, 1))).Status);
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Within(Service.HopAsync(typo, Stage, 1, null, "sink", default))).Status
        );
        Assert.Equal(
            (0.0, 0.0),
            (
                await Within(Service.GetGlobalUtilizationAsync(typo)),
                await Within(Service.GetStageUtilizationAsync(typo, Stage))
            )
        );
        Assert.Empty(await Within(Service.GetStagesWithDataAsync(typo)));
        Assert.Empty(await Within(Service.ExplainAsync(typo, Source)));
        Assert.Empty(await Within(Service.GetDeadLettersAsync(typo, Stage, 10)));
        Assert.Equal(0, await Within(Service.PurgeDeadLettersAsync(typo, Stage)));
        Assert.True(await Within(Service.AvailableCreditsAsync(typo, Stage, Source)) > 0);
        Assert.Equal(
            0,
            await Within(
                Service.GiveBackCreditsAsync(typo, new CreditGrant(7, Stage, Source, 1, DateTimeOffset.MaxValue))
            )
        );
        Assert.Empty((await Within(Service.PlanLimitsAsync(typo, new() { MaxTotalRecords = 5 }))).Paused);
        Assert.Equal(0, (await Within(Service.GetBatchAsync(typo, Stage, new(1)))).Count);
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Within(Service.ReturnToBufferAsync(typo, Stage, 1, null, "why"))).Status
        );
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Within(Service.DeadLetterAsync(typo, Stage, 1, null, "why"))).Status
        );
        Assert.Equal(SettleStatus.UnknownLease, (await Within(Service.RenewAsync(typo, Stage, 1))).Status);
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Within(Service.StartHopAsync(typo, Stage, 1, null, "sink", default))).Status
        );
        Assert.Equal(0, (await Within(Service.AbandonAsync(typo, Stage, 1, "why"))).Settled);
        Assert.Null(await Within(Service.GetPositionAsync(typo, Source)));
        Assert.DoesNotContain(typo, await Within(Service.GetPipelinesAsync()));
        await Within(Service.BufferForStageAsync(typo, Stage, Source, Make("r1")));
        Assert.Contains(typo, await Within(Service.GetPipelinesAsync()));
    }
}
