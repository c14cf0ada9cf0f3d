using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Offers that do not wait: what they return, what they count, and that a refusal takes no room.</summary>
public sealed class OfferPathTests
{
    readonly FakeClock clock = new();

    /// <summary>Specifies how the records of an offer reach the engine.</summary>
    public enum Way
    {
        /// <summary>Records without sizes and ids, one at a time: the short path.</summary>
        Plain,

        /// <summary>One at a time, with sizes.</summary>
        Sized,

        /// <summary>One batch, without sizes.</summary>
        Batch,

        /// <summary>One batch, with sizes.</summary>
        SizedBatch,
    }

    public static TheoryData<Way> AllWays() => [.. Enum.GetValues<Way>()];

    public static TheoryData<Way, OfferStatus, LossReason> Limits()
    {
        var all = new TheoryData<Way, OfferStatus, LossReason>();
        foreach (var way in Enum.GetValues<Way>())
        {
            all.Add(way, OfferStatus.StageFull, LossReason.StageFull);
            all.Add(way, OfferStatus.SourceFull, LossReason.SourceFull);
            all.Add(way, OfferStatus.GlobalFull, LossReason.GlobalFull);
        }
        return all;
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_refused_offer_is_counted_and_takes_no_room(Way way, OfferStatus status, LossReason reason)
    {
        var manager = Make(
            new()
            {
                MaxPerStage = status == OfferStatus.StageFull ? 3 : 10,
                MaxPerSource = status == OfferStatus.SourceFull ? 3 : 10,
                MaxTotalRecords = status == OfferStatus.GlobalFull ? 3 : 10,
            },
            way
        );
        var results = Offer(manager, way, "web", [1, 2, 3, 4, 5]);
        Assert.Equal((3, 3), (results.Sum(r => r.Accepted), results.Sum(r => r.Consumed)));
        Assert.Equal(status, results[^1].Status);
        Assert.Equal((true, 0), (results[^1].CanRetry, results[^1].Evicted));
        Assert.Equal(2, manager.GetLedger()[reason]);
        Assert.Equal(2, manager.GetLedger().Refused);
        AssertRoom(manager, 3);
        Assert.Equal([1, 2, 3], manager.Peek("s", 9).Select(r => r.Record));

        manager.Complete(manager.GetBatch("s", 1));
        AssertRoom(manager, 2);
        Assert.Equal(1, Offer(manager, way, "web", [6, 7]).Sum(r => r.Accepted));
        Assert.Equal([2, 3, 6], manager.Peek("s", 9).Select(r => r.Record));
        Assert.Equal(3, manager.GetLedger()[reason]);
        AssertRoom(manager, 3);
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public void A_stage_that_drops_the_oldest_accepts_all(Way way)
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.DropOldest },
            },
            way
        );
        var results = Offer(manager, way, "web", [1, 2, 3, 4, 5]);
        Assert.Equal(
            (5, 5, 3),
            (results.Sum(r => r.Accepted), results.Sum(r => r.Consumed), results.Sum(r => r.Evicted))
        );
        Assert.True(results[^1].IsAccepted);
        Assert.Equal(3, manager.GetLedger()[LossReason.DroppedOldest]);
        Assert.Equal([4, 5], manager.Peek("s", 9).Select(r => r.Record));
        AssertRoom(manager, 2);
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public void A_stage_that_drops_the_newest_consumes_all(Way way)
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.DropNewest },
            },
            way
        );
        var results = Offer(manager, way, "web", [1, 2, 3, 4, 5]);
        Assert.Equal(
            (2, 5, 0),
            (results.Sum(r => r.Accepted), results.Sum(r => r.Consumed), results.Sum(r => r.Evicted))
        );
        Assert.Equal((OfferStatus.Dropped, false), (results[^1].Status, results[^1].CanRetry));
        Assert.Equal((3, 0), (manager.GetLedger()[LossReason.DroppedNewest], manager.GetLedger().Refused));
        Assert.Equal([1, 2], manager.Peek("s", 9).Select(r => r.Record));
        AssertRoom(manager, 2);
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public void Offers_of_a_source_that_an_operator_holds_are_refused(Way way)
    {
        var manager = Make(new(), way);
        Offer(manager, way, "web", [1]);
        manager.Pause(HoldTarget.Source, "web");
        Assert.Equal((OfferStatus.Held, 0), Last(Offer(manager, way, "web", [2, 3])));
        Assert.Equal((OfferStatus.Accepted, 1), Last(Offer(manager, way, "log", [4])));
        Assert.Equal(2, manager.GetLedger()[LossReason.Held]);
        manager.Resume(HoldTarget.Source, "web");
        Assert.True(Offer(manager, way, "web", [5])[^1].IsAccepted);
        AssertRoom(manager, 3);
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task A_stopping_manager_accepts_only_records_with_a_credit(Way way)
    {
        var manager = Make(new(), way);
        Offer(manager, way, "web", [1]);
        var grant = manager.RequestCredits("s", "web", 2, TimeSpan.FromMinutes(1));
        var stop = manager.StopAsync(TimeSpan.FromMinutes(1)).AsTask();
        Assert.Equal((OfferStatus.Draining, 0), Last(Offer(manager, way, "web", [2, 3])));
        Assert.Equal(2, manager.GetLedger()[LossReason.Draining]);
        Assert.Equal(
            (OfferStatus.Accepted, 1),
            way is Way.Batch or Way.SizedBatch
                ? Last([manager.BufferBatchForStage("s", "web", [4], grant)])
                : Last([manager.BufferForStage("s", "web", 4, grant)])
        );
        await manager.DisposeAsync();
        Assert.Equal((OfferStatus.Draining, 0), Last(Offer(manager, way, "web", [5])));
        await Within.Reason(stop);
    }

    [Theory]
    [InlineData(Way.Plain)]
    [InlineData(Way.Sized)]
    [InlineData(Way.Batch)]
    public async Task An_offer_wakes_the_consumer_that_waits(Way way)
    {
        var manager = Make(new(), way);
        Offer(manager, way, "web", [1]);
        manager.Complete(manager.GetBatch("s", 9));
        var leasing = manager.GetBatchAsync("s", 9).AsTask();
        Offer(manager, way, "web", [2]);
        Assert.Equal(2, (await Within.Reason(leasing)).GetRecord(0));
    }

    [Fact]
    public async Task Later_offers_do_not_overtake_a_waiting_offer()
    {
        var manager = Make(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            },
            Way.Plain
        );
        Offer(manager, Way.Plain, "web", [1, 2]);
        var waits = manager.BufferForStageAsync("s", "web", 3).AsTask();
        Assert.Equal((OfferStatus.StageFull, 0), Last(Offer(manager, Way.Plain, "web", [4])));
        manager.Complete(manager.GetBatch("s", 1));
        Assert.True((await Within.Reason(waits)).IsAccepted);
        Assert.Equal([2, 3], manager.Peek("s", 9).Select(r => r.Record));
    }

    [Fact]
    public void Records_offered_one_by_one_expire_at_their_own_times()
    {
        var manager = Make(new() { Stage = new() { TimeToLive = TimeSpan.FromSeconds(1) } }, Way.Plain);
        Offer(manager, Way.Plain, "web", [1]);
        clock.Advance(TimeSpan.FromMilliseconds(600));
        Offer(manager, Way.Plain, "web", [2]);
        clock.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Equal([2], manager.Peek("s", 9).Select(r => r.Record));
        clock.Advance(TimeSpan.FromMilliseconds(600));
        Assert.Equal(2, manager.GetLedger().Expired);
        AssertRoom(manager, 0);
    }

    [Fact]
    public void A_record_that_arrives_at_an_empty_stage_expires()
    {
        var manager = Make(new() { Stage = new() { TimeToLive = TimeSpan.FromSeconds(1) } }, Way.Plain);
        Offer(manager, Way.Plain, "web", [1]);
        manager.Complete(manager.GetBatch("s", 1));
        clock.Advance(TimeSpan.FromSeconds(2)); // no timer is left
        Offer(manager, Way.Plain, "web", [2]);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, manager.GetLedger().Expired);
    }

    [Theory]
    [InlineData(10, 100, 100)]
    [InlineData(100, 10, 100)]
    [InlineData(100, 100, 10)]
    public void The_short_path_of_an_offer_returns_the_signal_of_the_long_path(int stage, int source, int total)
    {
        var settings = new BufferSettings
        {
            MaxPerStage = stage,
            MaxPerSource = source,
            MaxTotalRecords = total,
        };
        var (plain, sized) = (Make(settings, Way.Plain), Make(settings, Way.Sized));
        for (var i = 0; i < 12; i++)
        {
            var (expected, actual) = (Offer(sized, Way.Sized, "web", [i])[0], Offer(plain, Way.Plain, "web", [i])[0]);
            Assert.Equal(expected, actual);
            Assert.Equal(sized.GetSignal("web"), plain.GetSignal("web"));
        }
        Assert.NotEqual(BackpressureKind.None, plain.GetSignal("web").Kind);
    }

    [Fact]
    public void The_first_record_of_a_source_in_a_full_stage_slows_the_source_down()
    {
        var manager = Make(new() { MaxPerStage = 10 }, Way.Plain);
        Offer(manager, Way.Plain, "web", [1, 2, 3, 4, 5, 6, 7, 8]);
        Offer(manager, Way.Plain, "log", [9]);
        var lease = manager.GetBatch("s", 9);
        manager.Complete(lease, lease.Where(r => r.SourceId == "log").Select(r => r.Sequence).ToArray());
        Assert.Equal(BackpressureKind.None, manager.GetSignal("log").Kind);
        Assert.NotEqual(BackpressureKind.None, Offer(manager, Way.Plain, "log", [10])[0].Signal.Kind);
    }

    [Fact]
    public async Task A_repeated_offer_with_the_same_id_is_counted_once()
    {
        var manager = Make(new() { MaxPerStage = 2 }, Way.Batch);
        var id = new OfferId(Guid.NewGuid(), 1);
        int[] records = [1, 2, 3];
        var first = await Within.Reason(manager.OfferOnceAsync("s", "web", records, id));
        manager.Complete(manager.GetBatch("s", 2));
        var again = await Within.Reason(manager.OfferOnceAsync("s", "web", records, id with { IsRepeat = true }));
        Assert.Equal((OfferStatus.StageFull, 2, 2), (first.Status, first.Accepted, first.Consumed));
        Assert.Equal((first.Status, 2, 2), (again.Status, again.Accepted, again.Consumed));
        Assert.Empty(manager.Peek("s", 9));
        Assert.Equal(3, manager.GetSnapshot().Total.Offered);
        AssertRoom(manager, 0);
    }

    [Fact]
    public void A_batch_without_records_is_accepted_and_creates_its_source()
    {
        var manager = Make(new(), Way.Batch);
        Assert.True(manager.BufferBatchForStage("s", "web", []).IsAccepted);
        Assert.Equal("web", Assert.Single(manager.GetSnapshot().Sources).Source);
    }

    [Fact]
    public void A_record_of_another_pipeline_or_stage_is_refused()
    {
        var manager = Make(new(), Way.Plain);
        var record = new BufferedRecord<int>(7, "web", manager.PipelineId, "s", default, 0, 0);
        Assert.True(manager.Parts.Offers.BufferForStage("s", record).IsAccepted);
        var wrong = Assert.Throws<ArgumentException>(() =>
            manager.Parts.Offers.BufferForStage("s", record with { PipelineId = "other" })
        );
        Assert.Contains($"'other'; this manager belongs to pipeline '{manager.PipelineId}'", wrong.Message);
        wrong = Assert.Throws<ArgumentException>(() => manager.Parts.Offers.BufferForStage("t", record));
        Assert.Contains("'s'; the record is offered to stage 't'", wrong.Message);
        Assert.Equal("record", wrong.ParamName);
        Assert.Equal(
            "stage",
            Assert.Throws<ArgumentException>(() => manager.Parts.Offers.BufferForStage("", record)).ParamName
        );
        AssertRoom(manager, 1);
    }

    BufferManager<int> Make(BufferSettings settings, Way way) =>
        new(settings, new() { Clock = clock, SizeOf = way is Way.Sized or Way.SizedBatch ? static _ => 1 : null });

    static OfferResult[] Offer(BufferManager<int> manager, Way way, string source, int[] records) =>
        way is Way.Batch or Way.SizedBatch
            ? [manager.BufferBatchForStage("s", source, records)]
            : [.. records.Select(r => manager.BufferForStage("s", source, r))];

    static (OfferStatus, int) Last(OfferResult[] results) => (results[^1].Status, results.Sum(r => r.Accepted));

    /// <summary>Checks the room taken at every level, and that nothing is lost.</summary>
    static void AssertRoom(BufferManager<int> manager, int records)
    {
        Assert.Equal(records, manager.Parts.Global.Used);
        Assert.Equal(records, manager.Parts.Stages.GetOrAddStage("s").Pool.Used);
        Assert.Equal(
            records,
            manager.GetSnapshot().Sources.Sum(s => manager.Parts.Sources.GetOrAddSource(s.Source).Pool.Used)
        );
        Assert.True(manager.GetSnapshot().IsConserved);
    }
}
