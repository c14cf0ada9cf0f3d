using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

public sealed class BufferSinkTests(ActorSystemFixture fixture) : StreamTest(fixture)
{
    Sink<ConveyorRecord, Task<BufferSinkCounts>> ToStage(BufferSinkSettings? settings = null) =>
        BufferSink.ForStage(Service, Pipeline, Stage, "s", settings);

    [Fact]
    public async Task A_stream_goes_into_the_stage_in_order_and_is_counted()
    {
        var records = Records(3_000);
        var counts = await Source.From(records).RunWith(ToStage(), Materializer).WaitAsync(Bound);
        Assert.Equal(new BufferSinkCounts(3_000, 0, 0, 0, 0), counts);
        await NothingIsOut();
        Assert.Equal(Ids(records), await TakeAll());
    }

    [Fact]
    public async Task An_empty_stream_completes_and_leaves_no_credit_out()
    {
        Assert.Equal(0, (await Source.Empty<ConveyorRecord>().RunWith(ToStage(), Materializer).WaitAsync(Bound)).Total);
        await NothingIsOut();
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 3, 1)]
    [InlineData(2, 7, 3)]
    [InlineData(5, 4, 2)]
    [InlineData(7, 1_024, 256)]
    public async Task A_stream_longer_than_any_limit_waits_for_room_and_is_never_refused(
        int limit,
        int credits,
        int batch
    )
    {
        await Service.ConfigureAsync(
            Pipeline,
            new()
            {
                MaxTotalRecords = limit + 1,
                MaxPerStage = limit,
                MaxPerSource = limit,
            }
        );
        var records = Records(500);
        var running = Source
            .From(records)
            .RunWith(ToStage(new() { Credits = credits, BatchSize = batch }), Materializer);
        var taken = new List<string>();
        while (taken.Count < records.Length)
        {
            var lease = await Service.GetBatchAsync(Pipeline, Stage, new(3) { Wait = true }).AsTask().WaitAsync(Bound);
            taken.AddRange(lease.Records.Select(r => r.Record.Id));
            await Service.CompleteAsync(Pipeline, Stage, lease.Id);
        }
        Assert.Equal(500, (await running.WaitAsync(Bound)).Accepted);
        Assert.Equal(Ids(records), taken);
        await NothingIsOut();
        Assert.Equal(0, (await StageNow()).Level.Refused);
    }

    [Fact]
    public async Task Duplicates_are_counted_and_need_no_room()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Duplicates = new() });
        var records = Records(10);
        var counts = await Source
            .From(records.Concat(records).Concat(Records(5, "other")))
            .RunWith(ToStage(new() { BatchSize = 4 }), Materializer)
            .WaitAsync(Bound);
        Assert.Equal(new BufferSinkCounts(15, 10, 0, 0, 0), counts);
        await NothingIsOut();
    }

    [Fact]
    public async Task A_record_that_is_too_large_fails_the_stream_with_its_name_size_and_limits()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxBytesPerStage = 10, MaxTotalBytes = 100 });
        ConveyorRecord[] records = [new("small", new byte[3]), new("big", new byte[11]), new("late", new byte[3])];
        var running = Source.From(records).RunWith(ToStage(), Materializer);
        var failure = await Assert.ThrowsAsync<RecordTooLargeException>(() => running.WaitAsync(Bound));
        Assert.Equal(("big", 11), (failure.RecordId, failure.Size));
        Assert.Contains("Record 'big' has 11 bytes", failure.Message);
        Assert.Contains("(limits in bytes: pipeline 100, stage 10, source none)", failure.Message);
        await NothingIsOut();
        Assert.Equal(["small"], await TakeAll());
    }

    [Fact]
    public async Task Records_that_are_too_large_are_skipped_and_counted_if_configured()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxBytesPerStage = 10 });
        ConveyorRecord[] records =
        [
            new("big1", new byte[11]),
            new("a", new byte[3]),
            new("big2", new byte[12]),
            new("b", new byte[3]),
            new("big3", new byte[12]),
        ];
        var counts = await Source
            .From(records)
            .RunWith(ToStage(new() { SkipTooLarge = true }), Materializer)
            .WaitAsync(Bound);
        Assert.Equal(new BufferSinkCounts(2, 0, 0, 3, 0), counts);
        await NothingIsOut();
        Assert.Equal(["a", "b"], await TakeAll());
    }

    [Fact]
    public async Task Under_limits_in_bytes_a_large_record_waits_until_it_fits_and_keeps_its_place()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxBytesPerStage = 10 });
        ConveyorRecord[] records = [new("a", new byte[6]), new("b", new byte[9]), new("c", new byte[1])];
        var running = Source.From(records).RunWith(ToStage(), Materializer);
        var taken = new List<string>();
        while (taken.Count < 3)
        {
            var lease = await Service.GetBatchAsync(Pipeline, Stage, new(1) { Wait = true }).AsTask().WaitAsync(Bound);
            taken.Add(lease.Records[0].Record.Id);
            await Service.CompleteAsync(Pipeline, Stage, lease.Id);
        }
        Assert.Equal(["a", "b", "c"], taken);
        Assert.Equal(3, (await running.WaitAsync(Bound)).Accepted);
        await NothingIsOut();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_within_the_reserved_bytes_are_never_refused(bool haveLargeKeys)
    {
        var settings = new BufferSinkSettings { BytesPerRecord = 100 };
        Assert.Equal(0, await CountRefusalsUnderLimitInBytesAsync(settings, haveLargeKeys));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refused_records_larger_than_the_reserved_bytes_are_offered_again_in_order(bool haveLargeKeys)
    {
        // At most one whole batch is refused: afterwards offers are small until they fit.
        Assert.InRange(await CountRefusalsUnderLimitInBytesAsync(new(), haveLargeKeys), 0, 80);
    }

    /// <summary>
    /// Sends records of 100 and 0 bytes in turn through a stage that holds 100 bytes: bytes of their payloads, or what
    /// their keys take beyond 512 bytes.
    /// </summary>
    async Task<long> CountRefusalsUnderLimitInBytesAsync(BufferSinkSettings settings, bool haveLargeKeys)
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxTotalBytes = 100 });
        var records = Enumerable
            .Range(0, 40)
            .Select(n => (Id: $"{n:00}", Bytes: n % 2 * 100))
            .Select(n =>
                haveLargeKeys
                    ? new ConveyorRecord(n.Id, default) { Key = new string('k', (512 + n.Bytes) / 2 - n.Id.Length) }
                    : new ConveyorRecord(n.Id, new byte[n.Bytes])
            )
            .ToArray();
        Assert.All(records, r => Assert.Equal(r.GetSize(), int.Parse(r.Id) % 2 * 100));
        var running = Source.From(records).RunWith(ToStage(settings), Materializer);
        var taken = new List<string>();
        while (taken.Count < records.Length)
        {
            var lease = await Service.GetBatchAsync(Pipeline, Stage, new(1) { Wait = true }).AsTask().WaitAsync(Bound);
            taken.Add(lease.Records[0].Record.Id);
            await Service.CompleteAsync(Pipeline, Stage, lease.Id);
        }
        Assert.Equal(Ids(records), taken);
        Assert.Equal(records.Length, (await running.WaitAsync(Bound)).Accepted);
        await NothingIsOut();
        return (await StageNow()).Level.Refused;
    }

    [Fact]
    public async Task A_draining_pipeline_fails_the_stream_with_the_number_accepted()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 5 });
        var running = Source.From(Records(100)).RunWith(ToStage(), Materializer);
        await Eventually(async () => (await StageNow()).Level.Buffered == 5, "the stage is full");
        var stopping = Service.StopAsync(Pipeline, TimeSpan.FromHours(1));
        var failure = await Assert.ThrowsAsync<BufferDrainingException>(() => running.WaitAsync(Bound));
        Assert.Equal((5, 0), (failure.Accepted, failure.NotAccepted));
        Assert.Contains("accepted 5 records", failure.Message);
        await TakeAll();
        await stopping.AsTask().WaitAsync(Bound);
    }

    [Fact]
    public async Task A_failed_upstream_leaves_its_elements_in_the_stage_and_fails_the_task()
    {
        var records = Records(40);
        var upstream = Source.From(records).Select(r => r.Id == "r31" ? throw new IOException("the disk is gone") : r);
        var running = upstream.RunWith(ToStage(), Materializer);
        var failure = await Assert.ThrowsAsync<IOException>(() => running.WaitAsync(Bound));
        Assert.Equal("the disk is gone", failure.Message);
        await NothingIsOut();
        Assert.Equal(Ids(records).Take(30), await TakeAll());
    }

    [Fact]
    public async Task A_restarted_sink_continues_at_the_position_of_the_stage()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxBytesPerStage = 1_000 });
        var settings = RestartSettings.Create(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), 0);
        var queue = Source
            .Queue<ConveyorRecord>(100, OverflowStrategy.Backpressure)
            .To(RestartSink.WithBackoff(() => ToStage().MapMaterializedValue(_ => NotUsed.Instance), settings))
            .Run(Materializer);
        await queue.OfferAsync(new("before", new byte[1]));
        await Eventually(async () => (await StageNow()).Level.Accepted == 1, "the first is in");
        await queue.OfferAsync(new("big", new byte[1_001])); // the sink fails, and another takes its place
        var sent = 0;
        await Eventually(
            async () =>
            {
                await queue.OfferAsync(new($"after{++sent}", new byte[1]));
                return (await StageNow()).Level.Accepted > 1;
            },
            "the next sink goes on"
        );
        queue.Complete();
        await NothingIsOut();
        var taken = await TakeAll();
        Assert.Equal("before", taken[0]);
        Assert.All(taken.Skip(1), id => Assert.StartsWith("after", id));
    }

    [Fact]
    public async Task A_stream_shut_down_with_its_materializer_offers_its_elements_and_returns_credits()
    {
        using var materializer = NewMaterializer(System);
        var (queue, running) = Source
            .Queue<ConveyorRecord>(10, OverflowStrategy.Backpressure)
            .ToMaterialized(ToStage(), Keep.Both)
            .Run(materializer);
        foreach (var record in Records(5))
            await queue.OfferAsync(record);
        await Eventually(async () => (await StageNow()).Level.Buffered == 5, "five are in");
        Assert.True((await StageNow()).Level.Granted > 0);
        materializer.Shutdown();
        var failure = await Assert.ThrowsAsync<StreamTerminatedException>(() => running.WaitAsync(Bound));
        Assert.Equal((5, 0), (failure.Accepted, failure.NotAccepted));
        await NothingIsOut();
    }

    [Fact]
    public async Task Expired_credits_lose_nothing_and_refused_elements_keep_their_order()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 4, MaxPerSource = 4 });
        var settings = new BufferSinkSettings { CreditTimeToLive = TimeSpan.FromHours(1), BatchSize = 3 };
        var (queue, running) = Source
            .Queue<ConveyorRecord>(100, OverflowStrategy.Backpressure)
            .ToMaterialized(ToStage(settings), Keep.Both)
            .Run(Materializer);
        await queue.OfferAsync(new("first", default));
        await Eventually(
            async () => (await StageNow()).Level is { Buffered: 1, Granted: 3 },
            "the first is in, and there is credit for three"
        );
        Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, (await StageNow()).Level.Granted);
        await Offer(Records(3, "others")); // they take the room that the sink had been promised
        foreach (var record in Records(6))
            await queue.OfferAsync(record);
        queue.Complete();

        await Eventually(async () => (await StageNow()).Level.Refused > 0, "an offer was refused");
        var taken = new List<string>();
        while (taken.Count < 10)
        {
            var lease = await Service.GetBatchAsync(Pipeline, Stage, new(1) { Wait = true }).AsTask().WaitAsync(Bound);
            taken.Add(lease.Records[0].Record.Id);
            await Service.CompleteAsync(Pipeline, Stage, lease.Id);
        }
        Assert.Equal(7, (await running.WaitAsync(Bound)).Accepted);
        Assert.Equal(
            ["first", .. Ids(Records(6))],
            taken.Where(id => !id.StartsWith("others", StringComparison.Ordinal))
        );
        await NothingIsOut();
    }

    [Fact]
    public async Task A_sink_that_waits_for_elements_renews_its_credit_and_holds_only_one()
    {
        var settings = new BufferSinkSettings { CreditTimeToLive = TimeSpan.FromMilliseconds(40) };
        var (queue, running) = Source
            .Queue<ConveyorRecord>(10, OverflowStrategy.Backpressure)
            .ToMaterialized(ToStage(settings), Keep.Both)
            .Run(Materializer);
        await Eventually(async () => (await StageNow()).Level.Granted > 1, "credits were granted");
        await Eventually(async () => (await StageNow()).Level.Granted == 1, "they were exchanged for one");
        Clock.Advance(TimeSpan.FromMilliseconds(50));
        await Eventually(async () => (await StageNow()).Level.Granted == 1, "which is renewed");
        queue.Complete();
        Assert.Equal(0, (await running.WaitAsync(Bound)).Total);
        await NothingIsOut();
    }

    [Theory]
    [InlineData("Credits", 0)]
    [InlineData("BatchSize", -1)]
    [InlineData("BytesPerRecord", -1)]
    public void Settings_out_of_range_are_refused_by_name_and_value(string name, int value)
    {
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(() =>
            name switch
            {
                "Credits" => new BufferSinkSettings { Credits = value },
                "BatchSize" => new BufferSinkSettings { BatchSize = value },
                _ => new BufferSinkSettings { BytesPerRecord = value },
            }
        );
        Assert.Contains($"{name} is {value}; it must be from ", refusal.Message);
    }
}
