using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Terms: records, pipelines, stages and sources, and the meaning of settled and pending.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_buffered_record_says_where_it_came_from_where_it_goes_and_how_often_it_was_tried()
    {
        Clock.Advance(Seconds(1));
        var record = new ConveyorRecord("id-1", "body"u8.ToArray())
        {
            Key = "customer-7",
            Headers = new Dictionary<string, string> { ["trace"] = "t-1" },
            EventTime = Clock.Start,
        };
        await Within(Service.BufferForStageAsync(Pipeline, Stage, Source, record));

        var buffered = Assert.Single((await Lease()).Records);
        Assert.Equal((Source, Pipeline, Stage), (buffered.SourceId, buffered.PipelineId, buffered.TargetStageId));
        Assert.Equal((Clock.Start + Seconds(1), 0, 1L), (buffered.BufferedAt, buffered.RetryCount, buffered.Sequence));
        Assert.Equal(
            ("id-1", "customer-7", "t-1"),
            (buffered.Record.Id, buffered.Record.Key, buffered.Record.Headers["trace"])
        );
        Assert.Equal("body"u8.ToArray(), buffered.Record.Payload.ToArray());
        Assert.Equal(Clock.Start, buffered.Record.EventTime);
    }

    [Fact]
    public async Task Sequence_numbers_grow_by_one_with_each_record_that_a_stage_accepts()
    {
        await Configure(new() { MaxPerStage = 3 });
        await Fill(2, source: "a");
        await Fill(1, source: "b");
        await Offer("refused");
        await Fill(1, stage: "enrich");
        await Drain(1);
        await Offer("last");

        var sequences = (await Within(Service.PeekAsync(Pipeline, Stage, 10))).Select(r => r.Sequence).Order();
        Assert.Equal([2, 3, 4], sequences);
        Assert.Equal(1, Assert.Single((await Lease(stage: "enrich")).Records).Sequence);
    }

    [Fact]
    public async Task A_record_without_id_and_with_an_empty_payload_is_buffered_like_any_other()
    {
        await Within(Service.BufferForStageAsync(Pipeline, Stage, Source, new ConveyorRecord("", default)));
        var record = Assert.Single((await Lease()).Records).Record;
        Assert.Equal(("", 0), (record.Id, record.Payload.Length));
    }

    [Fact]
    public async Task Stages_of_the_same_name_in_two_pipelines_never_meet()
    {
        var other = Pipeline + "-other";
        await Service.ConfigureAsync(other, new() { MaxPerStage = 1 });
        await Offer("here");
        await Within(Service.BufferForStageAsync(other, Stage, Source, Make("there")));
        Assert.Equal(
            OfferStatus.StageFull,
            (await Within(Service.BufferForStageAsync(other, Stage, Source, Make("more")))).Status
        );

        Assert.Equal("here", Ids(await Lease()));
        Assert.Equal("there", Ids(await Within(Service.GetBatchAsync(other, Stage, new BatchRequest(10)))));
        Assert.Equal(OfferStatus.Accepted, (await Offer("more")).Status);
        Assert.Equal(2, (await Total()).Pending);
        Assert.Equal(1, (await Within(Service.GetSnapshotAsync(other))).Total.Pending);
        Assert.Superset(
            new HashSet<string> { Pipeline, other },
            (await Within(Service.GetPipelinesAsync())).ToHashSet()
        );
    }

    [Fact]
    public async Task Stages_and_sources_are_created_on_first_use()
    {
        await Configure(new());
        Assert.Empty((await GetSnapshot()).Stages);
        Assert.Empty((await GetSnapshot()).Sources);

        await Offer("r1");
        var snapshot = await GetSnapshot();
        Assert.Equal(Stage, Assert.Single(snapshot.Stages).Stage);
        Assert.Equal(Source, Assert.Single(snapshot.Sources).Source);
    }

    [Fact]
    public async Task Stages_and_sources_are_removed_when_idle_and_empty()
    {
        await Configure(new() { IdleAfter = Seconds(60) });
        await Fill(1, "idle", "gone");
        await Fill(1, "busy", "here");
        await Drain(stage: "idle");

        var left = await Eventually(
            () =>
            {
                Clock.Advance(Seconds(61));
                return GetSnapshot();
            },
            s => s.Stages.All(x => x.Stage != "idle") && s.Sources.All(x => x.Source != "gone")
        );
        Assert.Equal("busy", Assert.Single(left.Stages).Stage);
        Assert.Equal("here", Assert.Single(left.Sources).Source);
        Assert.Equal("r1", await Drain(stage: "busy"));
        Assert.Equal((2, 2), ((await Total()).Offered, (await Total()).Completed));
    }

    [Fact]
    public async Task A_stage_that_was_removed_comes_back_with_its_settings()
    {
        await Configure(new() { IdleAfter = Seconds(60), MaxPerStage = 1 });
        await ConfigureStage(Stage, new() { FullMode = FullMode.DropNewest });
        await Fill(1);
        await Drain();
        await Eventually(
            () =>
            {
                Clock.Advance(Seconds(61));
                return GetSnapshot();
            },
            s => s.Sources.Count == 0
        );

        await Offer("r2");
        Assert.Equal(OfferStatus.Dropped, (await Offer("r3")).Status);
    }

    [Fact]
    public async Task A_stage_with_dead_letters_is_not_removed_when_idle()
    {
        await Configure(new() { IdleAfter = Seconds(60) });
        await Fill(1);
        await DeadLetter(await Lease());
        for (var i = 0; i < 5; i++)
        {
            Clock.Advance(Seconds(61));
            await GetSnapshot();
        }

        Assert.Equal("r1", Assert.Single(await GetDeadLetters()).Record.Record.Id);
    }

    [Fact]
    public async Task A_source_with_unspent_credits_is_not_removed_when_idle()
    {
        await Configure(new() { IdleAfter = Seconds(10), MaxPerStage = 2 });
        var grant = await Request(2, seconds: 3600);
        for (var i = 0; i < 5; i++)
        {
            Clock.Advance(Seconds(11));
            await GetSnapshot();
        }

        Assert.Equal(OfferStatus.StageFull, (await Offer("other", source: "other")).Status);
        Assert.Equal(2, (await OfferAll(MakeMany("r", 2), credits: grant)).Accepted);
    }

    [Fact]
    public async Task Everything_accepted_and_not_settled_is_pending()
    {
        await Configure(
            new()
            {
                Stage = new() { Backoff = BackoffSettings.None, MaxRetries = 0 },
            }
        );
        await Fill(10);
        var batch = await Lease(6);
        Assert.Equal((4, 6, 10), await Depth());

        await Complete(batch, Sequences(batch, "r1", "r2"));
        Assert.Equal((4, 4, 8), await Depth());
        await Return(batch, charge: false, sequences: Sequences(batch, "r3"));
        Assert.Equal((5, 3, 8), await Depth());
        await DeadLetter(batch, sequences: Sequences(batch, "r4"));
        Assert.Equal((5, 2, 7), await Depth());
        await Return(batch, charge: true, sequences: Sequences(batch, "r5"));
        Assert.Equal((5, 1, 6), await Depth());
        var level = (await AssertConserved()).Total;
        Assert.Equal((10, 10, 2, 2), (level.Offered, level.Accepted, level.Completed, level.DeadLettered));

        async Task<(long Buffered, long InFlight, long Pending)> Depth()
        {
            var now = await Total();
            return (now.Buffered, now.InFlight, now.Pending);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("two\nlines")]
    public async Task Names_that_are_none_are_refused_as_arguments(string? name)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Within(Service.BufferForStageAsync(name!, Stage, Source, Make("r")))
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Within(Service.BufferForStageAsync(Pipeline, name!, Source, Make("r")))
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Within(Service.BufferForStageAsync(Pipeline, Stage, name!, Make("r")))
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Within(Service.GetBatchAsync(Pipeline, name!, new BatchRequest(1)))
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Within(Service.GetSignalAsync(Pipeline, name!)));
    }

    [Fact]
    public async Task Numbers_that_make_no_sense_are_refused_as_arguments()
    {
        await Fill(1);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Lease(0));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Lease(-1));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Lease(1, timeout: TimeSpan.Zero));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Request(0));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Request(1, seconds: 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Request(1, bytesPerRecord: -1));
        await Assert.ThrowsAnyAsync<ArgumentException>(() =>
            Within(Service.BufferForStageAsync(Pipeline, Stage, Source, null!))
        );
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Within(Service.StopAsync(Pipeline, Seconds(-1))));
        Assert.Equal("r1", await Drain());
    }
}
