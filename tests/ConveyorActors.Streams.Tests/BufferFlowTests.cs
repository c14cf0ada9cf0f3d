using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Tests;

public sealed class BufferFlowTests(ActorSystemFixture fixture) : StreamTest(fixture)
{
    Flow<ConveyorRecord, ConveyorRecord, NotUsed> Through(BufferFlowSettings? settings = null) =>
        BufferFlow.Through(Service, Pipeline, Stage, "s", settings ?? new() { Out = ByClock });

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1_024, 256)]
    [InlineData(7, 3, 2)]
    [InlineData(5_000, 1_024, 256)]
    public async Task Everything_passes_in_order_and_the_end_follows_when_the_buffer_is_empty(
        int limit,
        int credits,
        int batch
    )
    {
        await Service.ConfigureAsync(
            Pipeline,
            new()
            {
                MaxTotalRecords = limit,
                MaxPerStage = limit,
                MaxPerSource = limit,
            }
        );
        var settings = new BufferFlowSettings
        {
            In = new() { Credits = credits, BatchSize = batch },
            Out = ByClock with { BatchSize = batch },
        };
        var records = Records(1_000);
        var through = await Source
            .From(records)
            .Via(Through(settings))
            .RunWith(Sink.Seq<ConveyorRecord>(), Materializer)
            .WaitAsync(Bound);
        Assert.Equal(Ids(records), Ids(through));
        await NothingIsOut();
        Assert.Equal((1_000, 0), ((await StageNow()).Level.Completed, (await StageNow()).Level.Refused));
    }

    [Fact]
    public async Task An_empty_stream_goes_through()
    {
        Assert.Empty(
            await Source
                .Empty<ConveyorRecord>()
                .Via(Through())
                .RunWith(Sink.Seq<ConveyorRecord>(), Materializer)
                .WaitAsync(Bound)
        );
        await NothingIsOut();
    }

    [Fact]
    public async Task Elements_are_pulled_without_downstream_demand_until_the_stage_is_full()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 20 });
        var taken = 0;
        var queue = Source
            .From(Records(100))
            .Select(r =>
            {
                Interlocked.Increment(ref taken);
                return r;
            })
            .Via(Through())
            .RunWith(Sink.Queue<ConveyorRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        await Eventually(async () => (await StageNow()).Level is { Used: 20, Granted: 0 }, "the stage is full");
        Assert.InRange(Volatile.Read(ref taken), 20, 22); // one has left, one is in the queue's hands
        for (var i = 1; i <= 100; i++)
            Assert.Equal($"r{i}", (await queue.PullAsync().WaitAsync(Bound)).Value.Id);
        Assert.False((await queue.PullAsync().WaitAsync(Bound)).HasValue);
        await NothingIsOut();
    }

    [Fact]
    public async Task Elements_emitted_before_upstream_failed_remain_for_the_next_stream()
    {
        var failing = Source.From(Records(30)).Select(r => r.Id == "r21" ? throw new IOException("gone") : r);
        var first = failing
            .Via(Through())
            .RunWith(Sink.Queue<ConveyorRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while ((await first.PullAsync().WaitAsync(Bound)).HasValue) { }
        });
        await NothingIsOut();
        var level = (await StageNow()).Level;
        Assert.Equal((20, 20), (level.Accepted, level.Completed + level.Buffered));
        var rest = await Source
            .From(Records(2, "next"))
            .Via(Through())
            .RunWith(Sink.Seq<ConveyorRecord>(), Materializer)
            .WaitAsync(Bound);
        Assert.Equal([.. Ids(Records(20)).Skip((int)level.Completed), "next1", "next2"], Ids(rest));
        await NothingIsOut();
    }

    [Fact]
    public async Task Records_in_the_buffer_when_downstream_fails_remain_for_the_next_stream()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None });
        var seen = new List<string>();
        var running = Source
            .From(Records(50))
            .Via(Through())
            .RunWith(
                Sink.ForEach<ConveyorRecord>(r =>
                {
                    if (seen.Count == 10)
                        throw new IOException("gone");
                    seen.Add(r.Id);
                }),
                Materializer
            );
        await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(Bound));
        await NothingIsOut();
        var accepted = (int)(await StageNow()).Level.Accepted;
        var rest = await Source
            .Empty<ConveyorRecord>()
            .Via(Through())
            .RunWith(Sink.Seq<ConveyorRecord>(), Materializer)
            .WaitAsync(Bound);
        Assert.Equal(Ids(Records(accepted)), seen.Concat(Ids(rest)));
        await NothingIsOut();
    }

    [Fact]
    public async Task A_flow_that_is_restarted_loses_nothing()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None });
        var failures = 0;
        var fragile = Through()
            .Select(r =>
                r.Id.EndsWith('7') && Interlocked.Increment(ref failures) % 2 == 1 ? throw new IOException("shaky") : r
            );
        var settings = RestartSettings.Create(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), 0);
        var taken = new List<string>();
        var running = Source
            .Queue<ConveyorRecord>(1_000, OverflowStrategy.Backpressure)
            .Via(RestartFlow.OnFailuresWithBackoff(() => fragile, settings))
            .To(
                Sink.ForEach<ConveyorRecord>(r =>
                {
                    lock (taken)
                        taken.Add(r.Id);
                })
            )
            .Run(Materializer);
        foreach (var record in Records(100))
            await running.OfferAsync(record);
        await Eventually(
            async () => (await Service.GetSnapshotAsync(Pipeline)).Total is { Pending: 0 },
            "all that was accepted has gone through"
        );
        var accepted = (await StageNow()).Level.Accepted;
        lock (taken)
            Assert.Equal(taken.Distinct(), taken);
        Assert.Equal(accepted, taken.Count);
        Assert.True(failures > 0);
        running.Complete();
    }

    [Fact]
    public async Task A_shut_down_materializer_leaves_every_record_in_the_buffer_or_done()
    {
        using var materializer = NewMaterializer(System);
        var (source, queue) = Source
            .Queue<ConveyorRecord>(100, OverflowStrategy.Backpressure)
            .Via(Through())
            .ToMaterialized(Sink.Queue<ConveyorRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Keep.Both)
            .Run(materializer);
        foreach (var record in Records(30))
            await source.OfferAsync(record);
        await Eventually(async () => (await StageNow()).Level.Accepted == 30, "all are in");
        var first = (await queue.PullAsync().WaitAsync(Bound)).Value;
        Assert.Equal("r1", first.Id);
        materializer.Shutdown();
        await NothingIsOut();
        var done = (int)(await StageNow()).Level.Completed;
        Assert.Equal(Ids(Records(30)).Skip(done), await TakeAll());
    }

    [Fact]
    public async Task The_end_is_passed_on_only_after_records_held_by_others_are_settled()
    {
        await Offer(Records(2, "held"));
        var held = await Service.GetBatchAsync(Pipeline, Stage, new(2));
        var running = Source.From(Records(3)).Via(Through()).RunWith(Sink.Seq<ConveyorRecord>(), Materializer);
        await Eventually(async () => (await StageNow()).Level.Completed == 3, "three are through");
        Assert.False(running.IsCompleted);
        await Service.ReturnToBufferAsync(Pipeline, Stage, held.Id, null, "not mine", charge: false);
        Assert.Equal(["r1", "r2", "r3", "held1", "held2"], Ids(await running.WaitAsync(Bound)));
    }
}
