using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

public sealed class BufferSourceTests(ActorSystemFixture fixture) : StreamTest(fixture)
{
    Source<LeasedRecord, NotUsed> FromStage(BufferSourceSettings? settings = null) =>
        BufferSource.FromStage(Service, Pipeline, Stage, settings ?? ByClock);

    /// <summary>The first elements, still unsettled, from a stream that then finishes normally.</summary>
    async Task<LeasedRecord[]> Take(int count, BufferSourceSettings? settings = null) =>
        [.. await FromStage(settings).Take(count).RunWith(Sink.Seq<LeasedRecord>(), Materializer).WaitAsync(Bound)];

    [Fact]
    public async Task Elements_come_in_order_with_all_of_their_properties()
    {
        await Offer(Records(3));
        var taken = await Take(3);
        Assert.Equal(["r1", "r2", "r3"], taken.Select(t => t.Record.Id));
        Assert.Equal(
            new BufferedRecord<ConveyorRecord>(taken[1].Record, "test", Pipeline, Stage, Clock.Start, 0, 2),
            taken[1].Item
        );
        Assert.Equal(Clock.Start.AddSeconds(30), taken[1].Deadline);
    }

    [Fact]
    public async Task A_consumer_waits_for_later_records()
    {
        var ids = FromStage()
            .SelectAsync(
                1,
                async e =>
                {
                    Assert.Equal(SettleStatus.Ok, await e.Complete());
                    return e.Record.Id;
                }
            )
            .Take(4)
            .RunWith(Sink.Seq<string>(), Materializer);
        await Offer(Records(2));
        await Eventually(async () => (await StageNow()).Level.Completed == 2, "two are done");
        await Offer(Records(2, "later"));
        Assert.Equal(["r1", "r2", "later1", "later2"], await ids.WaitAsync(Bound));
        await NothingIsOut();
    }

    [Theory]
    [InlineData(LeaseOrder.OneLeasePerSource)]
    [InlineData(LeaseOrder.Shared)]
    public async Task Downstream_may_gather_many_batches_before_it_settles_any(LeaseOrder order)
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { LeaseOrder = order });
        var ids = FromStage(ByClock with { BatchSize = 16 })
            .Grouped(1_000)
            .SelectAsync(
                1,
                async group =>
                {
                    foreach (var element in group)
                        _ = element.Complete();
                    Assert.Equal(SettleStatus.Ok, await group.Last().Complete());
                    return group.Select(e => e.Record.Id).ToArray();
                }
            )
            .Take(3)
            .RunWith(Sink.Seq<string[]>(), Materializer);
        var all = Records(3_000);
        foreach (var some in all.Chunk(7))
            await Offer(some); // a little at a time: no lease could hold a group
        Assert.Equal(Ids(all), (await ids.WaitAsync(Bound)).SelectMany(g => g));
        await NothingIsOut();
        Assert.Equal(0, (await StageNow()).Level.Retries);
    }

    [Fact]
    public async Task A_group_larger_than_the_limits_waits_for_its_own_records_unless_it_has_a_timeout()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 10 });
        var upstream = Source
            .From(Records(30))
            .RunWith(BufferSink.ForStage(Service, Pipeline, Stage, "s"), Materializer);
        var groups = FromStage()
            .GroupedWithin(1_000, TimeSpan.FromMilliseconds(20))
            .Select(group =>
            {
                foreach (var element in group)
                    _ = element.Complete();
                return group.Count();
            })
            .RunWith(Sink.Seq<int>(), Materializer);
        Assert.Equal(30, (await upstream.WaitAsync(Bound)).Accepted);
        await Service.StopAsync(Pipeline, TimeSpan.FromHours(1)).AsTask().WaitAsync(Bound);
        Assert.Equal(30, (await groups.WaitAsync(Bound)).Sum());
    }

    [Fact]
    public async Task Downstream_may_work_on_many_elements_at_once_and_settle_them_in_any_order()
    {
        var random = new Random(5);
        var all = Records(2_000);
        await Offer(all);
        var delays = all.ToDictionary(r => r.Id, _ => random.Next(3));
        var ids = await FromStage(ByClock with { BatchSize = 10 })
            .SelectAsyncUnordered(
                50,
                async e =>
                {
                    for (var i = 0; i < delays[e.Record.Id]; i++)
                        await Task.Yield();
                    Assert.Equal(SettleStatus.Ok, await e.Complete());
                    return e.Record.Id;
                }
            )
            .Take(2_000)
            .RunWith(Sink.Seq<string>(), Materializer)
            .WaitAsync(Bound);
        Assert.Equal(Ids(all).Order(), ids.Order());
        await NothingIsOut();
    }

    [Fact]
    public async Task Completed_records_are_removed_and_returned_records_go_to_the_head()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None });
        await Offer(Records(4));
        var taken = await Take(4);
        Assert.Equal(4, (await StageNow()).Level.InFlight);
        Assert.Equal(SettleStatus.Ok, await taken[0].Complete());
        Assert.Equal(SettleStatus.Ok, await taken[1].Return("not now", charge: false));
        Assert.Equal(SettleStatus.Ok, await taken[2].Return("broken"));
        Assert.Equal(SettleStatus.Ok, await taken[3].Complete());
        var again = await Take(2);
        Assert.Equal([("r2", 0), ("r3", 1)], again.Select(a => (a.Record.Id, a.Item.RetryCount)));
        foreach (var element in again)
            Assert.Equal(SettleStatus.Ok, await element.Complete());
        await NothingIsOut();
    }

    [Fact]
    public async Task The_first_outcome_of_an_element_counts()
    {
        await Offer(Records(3));
        var taken = await Take(3);
        Assert.Equal(SettleStatus.Ok, await taken[0].Complete());
        Assert.Equal(SettleStatus.Ok, await taken[0].Complete());
        Assert.Equal(SettleStatus.UnknownLease, await taken[0].Return("after all"));
        Assert.Equal(SettleStatus.Ok, await taken[1].Return("no", charge: false));
        Assert.Equal(SettleStatus.Ok, await taken[1].Return("no, again"));
        Assert.Equal(SettleStatus.UnknownLease, await taken[1].Complete());
        Assert.Equal(SettleStatus.Ok, await taken[2].Complete());
        var level = (await StageNow()).Level;
        Assert.Equal((2, 1, 0), (level.Completed, level.Buffered, level.InFlight));
    }

    [Fact]
    public async Task Settlements_are_sent_to_the_service_together()
    {
        var counting = new CountingService(Service);
        await Offer(Records(1_000));
        var settings = ByClock with { BatchSize = 100 };
        var done = BufferSource
            .FromStage(counting, Pipeline, Stage, settings)
            .Take(1_000)
            .RunWith(Sink.ForEach<LeasedRecord>(e => e.Complete()), Materializer);
        await done.WaitAsync(Bound);
        await NothingIsOut();
        Assert.Equal(1_000, (await StageNow()).Level.Completed);
        Assert.InRange(counting.Completes, 10, 100);
    }

    [Fact]
    public async Task The_last_settlement_does_not_wait_for_others()
    {
        await Offer(Records(10));
        var taken = await Take(10);
        Assert.Equal(SettleStatus.Ok, await taken[7].Complete().AsTask().WaitAsync(Bound));
        Assert.Equal(1, (await StageNow()).Level.Completed);
    }

    [Fact]
    public async Task When_downstream_cancels_the_rest_is_returned_uncharged()
    {
        await Offer(Records(10));
        var taken = await Take(4);
        await Eventually(async () => (await StageNow()).Level is { InFlight: 4, Buffered: 6 }, "six are back");
        Assert.Equal(0, (await StageNow()).Level.Retries);
        foreach (var element in taken)
            Assert.Equal(SettleStatus.Ok, await element.Complete());
        await NothingIsOut();
        Assert.Equal(Ids(Records(10)).Skip(4), await TakeAll());
    }

    [Fact]
    public async Task When_downstream_fails_all_unsettled_records_are_returned_uncharged()
    {
        await Offer(Records(10));
        var seen = new List<LeasedRecord>();
        var running = FromStage()
            .RunWith(
                Sink.ForEach<LeasedRecord>(e =>
                {
                    seen.Add(e);
                    if (seen.Count == 2)
                        _ = e.Complete();
                    if (seen.Count == 5)
                        throw new IOException("no");
                }),
                Materializer
            );
        await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(Bound));
        await NothingIsOut();
        Assert.Equal(
            (1, 9, 0),
            ((await StageNow()).Level.Completed, (await StageNow()).Level.Buffered, (await StageNow()).Level.Retries)
        );
        Assert.Equal(SettleStatus.UnknownLease, await seen[0].Complete());
        Assert.Equal(Ids(Records(10)).Where(id => id != "r2"), await TakeAll());
    }

    [Fact]
    public async Task A_shut_down_materializer_returns_unsettled_records_uncharged()
    {
        await Offer(Records(10));
        using var materializer = NewMaterializer(System);
        var queue = FromStage()
            .RunWith(Sink.Queue<LeasedRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), materializer);
        var first = (await queue.PullAsync().WaitAsync(Bound)).Value;
        materializer.Shutdown();
        await NothingIsOut();
        Assert.Equal((10, 0), ((await StageNow()).Level.Buffered, (await StageNow()).Level.Retries));
        Assert.Equal(SettleStatus.UnknownLease, await first.Complete());
    }

    [Fact]
    public async Task Elements_with_an_expired_lease_are_leased_again_instead_of_emitted()
    {
        await Service.ConfigureStageAsync(
            Pipeline,
            Stage,
            new() { LeaseOrder = LeaseOrder.Shared, Backoff = BackoffSettings.None }
        );
        await Offer(Records(5));
        var queue = FromStage()
            .RunWith(Sink.Queue<LeasedRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        var first = (await queue.PullAsync().WaitAsync(Bound)).Value;
        Assert.Equal("r1", first.Record.Id);
        Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(SettleStatus.LeaseExpired, await first.Complete());
        var later = new List<LeasedRecord>();
        while (later.Count < 5 || later[^1].Record.Id != "r5")
            later.Add((await queue.PullAsync().WaitAsync(Bound)).Value);
        // One more element of the dead lease was on its way downstream already.
        Assert.Equal(["r1", "r2", "r3", "r4", "r5"], later.TakeLast(5).Select(e => e.Record.Id));
        Assert.All(later, e => Assert.Equal(0, e.Item.RetryCount));
        Assert.InRange(later.Count, 5, 7);
    }

    [Fact]
    public async Task A_slow_stream_is_not_charged_for_records_it_never_tried()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { LeaseTimeout = TimeSpan.FromMilliseconds(200) });
        await Offer(Records(100));
        var queue = FromStage()
            .RunWith(Sink.Queue<LeasedRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        await queue.PullAsync().WaitAsync(Bound);
        await Eventually(
            async () => (await StageNow()).Level.Buffered >= 97,
            "what it was too slow to emit is back in time"
        );
        Assert.Equal(0, (await StageNow()).Level.Retries);
    }

    [Fact]
    public async Task The_stream_completes_when_the_pipeline_has_stopped_and_nothing_is_left()
    {
        await Offer(Records(20));
        var ids = FromStage(ByClock with { BatchSize = 6 })
            .Select(e =>
            {
                _ = e.Complete();
                return e.Record.Id;
            })
            .RunWith(Sink.Seq<string>(), Materializer);
        var report = await Service.StopAsync(Pipeline, TimeSpan.FromHours(1)).AsTask().WaitAsync(Bound);
        Assert.Equal(0, report.Remaining);
        Assert.Equal(Ids(Records(20)), await ids.WaitAsync(Bound));
    }

    [Fact]
    public async Task Without_demand_nothing_is_leased()
    {
        await Offer(Records(5));
        var queue = FromStage()
            .RunWith(Sink.Queue<LeasedRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        var never = FromStage().RunWith(Sink.FromSubscriber(new Idle()), Materializer);
        Assert.Equal("r1", (await queue.PullAsync().WaitAsync(Bound)).Value.Record.Id);
        Assert.Single((await StageNow()).Leases);
        Assert.Equal(NotUsed.Instance, never);
    }

    sealed class Idle : Reactive.Streams.ISubscriber<LeasedRecord>
    {
        public void OnSubscribe(Reactive.Streams.ISubscription subscription) { }

        public void OnNext(LeasedRecord element) => Assert.Fail("nothing was asked for");

        public void OnError(Exception cause) { }

        public void OnComplete() { }
    }

    [Fact]
    public void Settings_out_of_range_are_refused_by_name_and_value() =>
        Assert.Contains(
            "BatchSize is 0; it must be from 1 to 1,000,000 records.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new BufferSourceSettings { BatchSize = 0 }).Message
        );

    [Fact]
    public void Invalid_names_are_refused_when_the_source_is_created() =>
        Assert.Contains(
            "stage is empty",
            Assert.Throws<ArgumentException>(() => BufferSource.FromStage(Service, Pipeline, "")).Message
        );
}
