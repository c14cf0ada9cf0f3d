using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Stopping a pipeline.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task Stopping_an_empty_pipeline_ends_at_once_with_nothing_remaining()
    {
        await Fill(1);
        await Drain();
        var report = await Within(Service.StopAsync(Pipeline, Seconds(60)));
        Assert.Equal((0, 0), (report.Settled, report.Remaining));
        Assert.Empty(report.RemainingByStage);
        Assert.Equal("Stopped", (await GetSnapshot()).State);
    }

    [Fact]
    public async Task Stopping_refuses_new_offers_and_lets_consumers_finish()
    {
        await Fill(5);
        Assert.Equal("Running", (await GetSnapshot()).State);
        var held = await Lease(1);
        var stop = await Stopping(Seconds(60));

        var answer = await Offer("late");
        Assert.Equal((OfferStatus.Draining, 0, 0), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(OfferStatus.Draining, (await OfferAll(MakeMany("late", 3), "enrich", "other")).Status);
        Assert.Equal(4, await Lost(LossReason.Draining));

        await Complete(held);
        Assert.Equal("r2 r3", await Drain(2));
        Assert.False(stop.IsCompleted);
        Assert.Equal("r4 r5", await Drain());
        var report = await stop;
        Assert.Equal((5, 0), (report.Settled, report.Remaining));
        await AssertConserved();
    }

    [Fact]
    public async Task Returned_records_are_delivered_again_while_stopping()
    {
        await Configure(new() { Stage = Eager });
        await Fill(2);
        var held = await Lease();
        var stop = await Stopping(Seconds(60));
        await Return(held);
        Assert.False(stop.IsCompleted);
        Assert.Equal("r1 r2", await Drain());
        Assert.Equal(0, (await stop).Remaining);
    }

    [Fact]
    public async Task Hops_go_on_while_stopping()
    {
        await Configure(new() { MaxTotalRecords = 2 });
        await Fill(2);
        var held = await Lease();
        var stop = await Stopping(Seconds(60));
        var hop = await WaitingHop(held, "enrich", 1, MakeMany("x", 3));
        Assert.Equal("x1 x2", Ids(await CompleteNext(2, "enrich")));
        await hop;
        Assert.Equal("x3", Ids(await CompleteNext(1, "enrich")));
        var report = await stop;
        Assert.Equal((5, 0), (report.Settled, report.Remaining));
    }

    [Fact]
    public async Task Stopping_ends_at_its_deadline_and_reports_what_remains_stage_by_stage()
    {
        await Fill(3, "filter");
        await Fill(2, "enrich");
        await Fill(1, "sink");
        await Lease(1, "filter");
        var stop = await Stopping(Seconds(5));
        await Drain(stage: "sink");
        Clock.Advance(Seconds(5) - Milliseconds(1));
        Assert.False(stop.IsCompleted);
        Clock.Advance(Milliseconds(1));

        var report = await stop;
        Assert.Equal((1, 5), (report.Settled, report.Remaining));
        Assert.Equal(
            new Dictionary<string, long> { ["enrich"] = 2, ["filter"] = 3 },
            report.RemainingByStage.OrderBy(r => r.Key).ToDictionary()
        );
        if (!report.IsDurable)
            Assert.Contains("lost", report.ToString(), StringComparison.Ordinal);
        await AssertConserved();
    }

    [Fact]
    public async Task Stopping_with_no_time_ends_at_once()
    {
        await Fill(3);
        var report = await Within(Service.StopAsync(Pipeline, TimeSpan.Zero));
        Assert.Equal((0, 3), (report.Settled, report.Remaining));
    }

    [Fact]
    public async Task Dead_letters_and_drops_while_stopping_settle_records()
    {
        await Fill(3);
        var held = await Lease();
        var stop = await Stopping(Seconds(60));
        await DeadLetter(held);
        var report = await stop;
        Assert.Equal((3, 0), (report.Settled, report.Remaining));
        Assert.Equal(3, (await GetDeadLetters()).Count);
    }

    [Fact]
    public async Task Waiting_consumers_get_an_empty_batch_at_the_end()
    {
        await Fill(1);
        var held = await Lease();
        var (here, there) = (await WaitingLease(), await WaitingLease(stage: "enrich"));
        var stop = await Stopping(Seconds(60));
        Assert.False(here.IsCompleted || there.IsCompleted);
        await Complete(held);
        await stop;
        Assert.Equal((0L, 0), ((await here).Id, (await here).Count));
        Assert.Equal(0, (await there).Count);
        Assert.Equal(
            0,
            (await Within(Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true }))).Count
        );
    }

    [Fact]
    public async Task Waiting_consumers_get_an_empty_batch_at_the_deadline()
    {
        await Fill(1);
        await Lease();
        var waits = await WaitingLease(stage: "enrich");
        var stop = await Stopping(Seconds(5));
        Clock.Advance(Seconds(5));
        Assert.Equal(1, (await stop).Remaining);
        Assert.Equal(0, (await waits).Count);
    }

    [Fact]
    public async Task Waiting_offers_are_told_and_keep_their_records()
    {
        await Configure(Full(FullMode.Wait));
        await Fill(1);
        var batch = await WaitingOffer(MakeMany("s", 3), source: "a");
        var one = await WaitingOffer([Make("t")], source: "b");
        var stop = await Stopping(Seconds(60));
        var answer = await one;
        Assert.Equal((OfferStatus.Draining, 0, 0), (answer.Status, answer.Accepted, answer.Consumed));
        answer = await batch;
        Assert.Equal((OfferStatus.Draining, 1, 1), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(2, (await Lease()).Count);
        await AssertConserved();
        Clock.Advance(Seconds(60));
        await stop;
    }

    [Fact]
    public async Task A_credit_is_good_while_stopping()
    {
        await Configure(new() { MaxPerStage = 5 });
        var grant = await Request(3);
        await Fill(1);
        var stop = await Stopping(Seconds(60));
        Assert.Equal(OfferStatus.Draining, (await Offer("without")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("with", credits: grant)).Status);
        Assert.Equal("r1 with", await Drain());

        // The stop does not wait for the rest of the grant to be used.
        var report = await stop;
        Assert.Equal((2, 0), (report.Settled, report.Remaining));
        Assert.Equal(OfferStatus.Draining, (await Offer("after", credits: grant)).Status);
    }

    [Fact]
    public async Task No_credits_are_granted_while_stopping()
    {
        await Fill(1);
        var stop = await Stopping(Seconds(60));
        Assert.Equal(0, (await Request(1)).Records);
        await Drain();
        await stop;
    }

    [Fact]
    public async Task A_lease_that_expires_while_stopping_is_delivered_again()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
            }
        );
        await Fill(1);
        await Lease();
        var stop = await Stopping(Seconds(60));
        Clock.Advance(Seconds(10));
        Assert.Equal("r1", Ids(await CompleteNext(1)));
        Assert.Equal((1, 0), ((await stop).Settled, (await stop).Remaining));
    }

    [Fact]
    public async Task Who_stops_a_pipeline_again_gets_the_same_report()
    {
        await Fill(2);
        var (first, second) = (await Stopping(Seconds(60)), Within(Service.StopAsync(Pipeline, Seconds(60))));
        await Drain();
        foreach (
            var report in new[] { await first, await second, await Within(Service.StopAsync(Pipeline, TimeSpan.Zero)) }
        )
            Assert.Equal((2, 0), (report.Settled, report.Remaining));
    }

    [Fact]
    public async Task A_stopped_pipeline_can_still_be_asked()
    {
        await Fill(2);
        await Within(Service.StopAsync(Pipeline, TimeSpan.Zero));
        Assert.Equal(OfferStatus.Draining, (await Offer("late")).Status);
        var snapshot = await AssertConserved();
        Assert.Equal(("Stopped", 2), (snapshot.State, snapshot.Total.Pending));
        Assert.Equal("r1 r2", Ids(await Within(Service.PeekAsync(Pipeline, Stage, 10))));
    }

    [Fact]
    public async Task Stopping_one_pipeline_does_not_touch_the_others()
    {
        var other = Pipeline + "-other";
        await Fill(1);
        await Within(Service.BufferForStageAsync(other, Stage, Source, Make("r1")));
        await Within(Service.StopAsync(Pipeline, TimeSpan.Zero));
        Assert.Equal(
            OfferStatus.Accepted,
            (await Within(Service.BufferForStageAsync(other, Stage, Source, Make("r2")))).Status
        );
        Assert.Equal("Running", (await Within(Service.GetSnapshotAsync(other))).State);
    }

    [Fact]
    public async Task A_stop_that_is_no_longer_waited_for_goes_on()
    {
        await Fill(1);
        using var cancel = new CancellationTokenSource();
        var stop = Service.StopAsync(Pipeline, Seconds(60), cancel.Token).AsTask();
        await Eventually(GetSnapshot, s => s.State == "Draining");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stop.WaitAsync(MaxWait));
        Assert.Equal(OfferStatus.Draining, (await Offer("late")).Status);
        Assert.Equal("r1", await Drain());
        Assert.Equal(1, (await Within(Service.StopAsync(Pipeline, TimeSpan.Zero))).Settled);
    }

    [Fact]
    public async Task A_stopped_pipeline_starts_again_empty_when_it_is_configured()
    {
        if (!StartsAgain)
            return;
        await Within(Service.ConfigureStageAsync(Pipeline, Stage, new() { MaxRetries = 0 }));
        await Fill(2);
        await Within(Service.StopAsync(Pipeline, TimeSpan.Zero));
        Assert.Equal(OfferStatus.Draining, (await Offer("late")).Status);
        for (var round = 0; round < 2; round++)
        {
            await Within(Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 3 }));
            Assert.Equal(("Running", 0), ((await GetSnapshot()).State, (await GetSnapshot()).Total.Pending));
            await Fill(3);
            Assert.Equal(OfferStatus.StageFull, (await Offer("r4")).Status);
            // The stage has kept its settings.
            await Within(Service.ReturnToBufferAsync(Pipeline, Stage, (await Lease(1)).Id, null, "bad"));
            Assert.Single(await Within(Service.GetDeadLettersAsync(Pipeline, Stage, 9)));
            Assert.Equal(
                (0, 2),
                (
                    (await Within(Service.StopAsync(Pipeline, TimeSpan.Zero))).Settled,
                    (await GetSnapshot()).Total.Pending
                )
            );
            await AssertConserved();
        }
    }
}
