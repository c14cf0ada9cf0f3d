using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Flow control: pressure and signals.</summary>
public abstract partial class BufferServiceContract
{
    [Theory]
    [InlineData(OfferStatus.StageFull)]
    [InlineData(OfferStatus.SourceFull)]
    [InlineData(OfferStatus.GlobalFull)]
    public async Task A_source_that_was_refused_hears_a_signal_once_there_is_room(OfferStatus refusal)
    {
        await Configure(
            refusal switch
            {
                OfferStatus.StageFull => new() { MaxBytesPerStage = 1_000 },
                OfferStatus.SourceFull => new() { MaxBytesPerSource = 1_000 },
                _ => new() { MaxTotalBytes = 1_000 },
            }
        );
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await Within(signals.MoveNextAsync()));
        await Offer("first", bytes: 550);
        Assert.Equal(refusal, (await Offer("second", bytes: 550)).Status);
        await Drain(1);
        Assert.True(await Within(signals.MoveNextAsync())); // the signal was None the whole time
        Assert.True((await Offer("second", bytes: 550)).IsAccepted);
    }

    /// <summary>
    /// Watermarks that are exact in binary: for 64 records, low is 32, high is 48, and a band is 4 records.
    /// </summary>
    static BufferSettings Exact(int perStage = 64, int perSource = 100_000, int total = 100_000) =>
        new()
        {
            MaxPerStage = perStage,
            MaxPerSource = perSource,
            MaxTotalRecords = total,
            BackpressureThreshold = 0.75,
            LowWatermark = 0.5,
            Stage = new() { Backoff = BackoffSettings.None, LeaseOrder = LeaseOrder.Shared },
        };

    [Fact]
    public async Task A_source_nobody_has_heard_of_is_told_to_go_on()
    {
        Assert.Equal(BackpressureSignal.None, await SignalNow());
        Assert.False(await Within(Service.ShouldBackpressureAsync(Pipeline, Source)));
    }

    [Fact]
    public async Task The_fill_of_a_stage_presses_on_a_source_with_records_in_it()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(8);
        Assert.Equal(BackpressureSignal.Pause, await SignalNow());
        Assert.True(await Within(Service.ShouldBackpressureAsync(Pipeline, Source)));
    }

    [Fact]
    public async Task The_fill_of_a_source_presses_on_it_alone()
    {
        await Configure(new() { MaxPerSource = 10 });
        await Fill(8, source: "a");
        await Fill(1, source: "b");
        Assert.Equal(BackpressureSignal.Pause, await SignalNow("a"));
        Assert.Equal(BackpressureSignal.None, await SignalNow("b"));
    }

    [Fact]
    public async Task The_fill_of_the_manager_presses_on_every_source()
    {
        await Configure(new() { MaxTotalRecords = 10 });
        await Fill(4, "filter", "a");
        await Fill(4, "enrich", "b");
        foreach (var source in new[] { "a", "b", "new" })
            Assert.Equal(BackpressureSignal.Pause, await SignalNow(source));
    }

    [Fact]
    public async Task The_highest_pressure_counts()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 100,
                MaxPerStage = 10,
                MaxPerSource = 20,
            }
        );
        await Fill(7, "filter");
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
        await Fill(8, "enrich");
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);
        await Drain(stage: "enrich");
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
    }

    [Fact]
    public async Task Bytes_press_like_records()
    {
        await Configure(new() { MaxBytesPerStage = 100 });
        await Offer("r1", bytes: 79);
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
        await Offer("r2", bytes: 1);
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);
    }

    [Fact]
    public async Task Records_in_flight_press_like_buffered_ones()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(8);
        var batch = await Lease();
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);
        await Complete(batch);
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
    }

    [Fact]
    public async Task The_pressure_of_a_stage_reaches_exactly_the_sources_that_feed_it()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(5, "filter", "a");
        await Fill(4, "filter", "b");
        await Fill(1, "enrich", "c");
        Assert.Equal(BackpressureKind.Pause, (await SignalNow("a")).Kind);
        Assert.Equal(BackpressureKind.Pause, (await SignalNow("b")).Kind);
        Assert.Equal(BackpressureKind.None, (await SignalNow("c")).Kind);
    }

    [Fact]
    public async Task A_source_that_a_stage_refused_is_held_by_it_without_a_record_in_it()
    {
        await Configure(Exact());
        await Fill(64, source: "other");
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
        Assert.Equal(BackpressureKind.Pause, (await Offer("r")).Signal.Kind);
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);

        await Drain(31);
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
        await Drain(1);
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
        await Fill(31, source: "other");
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
    }

    [Fact]
    public async Task A_source_whose_records_have_all_left_a_stage_is_not_held_by_it()
    {
        await Configure(Exact());
        await Fill(50, source: "other");
        await Fill(1);
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);
        var batch = await Lease(64);
        await Complete(batch, [.. batch.Records.Where(r => r.SourceId == Source).Select(r => r.Sequence)]);
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
        Assert.Equal(BackpressureKind.Pause, (await SignalNow("other")).Kind);
    }

    [Fact]
    public async Task A_source_whose_records_gave_way_remembers_what_it_was_told()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 8,
                MaxPerStage = 5,
                MaxPerSource = 3,
                Stage = new() { FullMode = FullMode.DropOldest },
            }
        );
        await Fill(1, source: "c");
        await OfferAll(MakeMany("a", 4), source: "a");
        Assert.Equal(BackpressureKind.Pause, (await SignalNow("c")).Kind);

        // The record of c is dropped. At 5 of 8 the manager's fill is above low, so c is slowed down.
        Assert.Equal(2, (await OfferAll(MakeMany("b", 4), source: "b")).Evicted);
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow("c")).Kind);
    }

    [Fact]
    public async Task Pause_is_entered_at_the_high_watermark_and_left_one_band_below_it()
    {
        await Configure(Exact());
        await Fill(47);
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
        Assert.Equal(BackpressureKind.Pause, (await Offer("r48")).Signal.Kind);
        await Drain(3);
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);
        await Drain(1);
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
        Assert.Equal(BackpressureKind.SlowDown, (await OfferAll(MakeMany("s", 3))).Signal.Kind);
        Assert.Equal(BackpressureKind.Pause, (await Offer("t")).Signal.Kind);
    }

    [Fact]
    public async Task Slowing_down_is_entered_one_band_above_the_low_watermark_and_left_at_it()
    {
        await Configure(Exact());
        Assert.Equal(BackpressureKind.None, (await OfferAll(MakeMany("r", 36))).Signal.Kind);
        Assert.Equal(BackpressureKind.SlowDown, (await Offer("r37")).Signal.Kind);
        await Drain(4);
        Assert.Equal(BackpressureKind.SlowDown, (await SignalNow()).Kind);
        await Drain(1);
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
        Assert.Equal(BackpressureKind.None, (await OfferAll(MakeMany("s", 4))).Signal.Kind);
    }

    [Fact]
    public async Task A_fill_that_changes_inside_a_band_does_not_change_the_signal()
    {
        await Configure(Exact());
        await Fill(42);
        var signal = await SignalNow();
        Assert.Equal(BackpressureKind.SlowDown, signal.Kind);
        for (var i = 0; i < 20; i++)
        {
            await Drain(1 + i % 3);
            Assert.Equal(signal, await SignalNow());
            Assert.Equal(signal, (await OfferAll(MakeMany($"w{i}-", 1 + i % 3))).Signal);
        }
    }

    [Fact]
    public async Task The_delay_grows_linearly_from_10_ms_at_low_to_100_ms_at_high()
    {
        await Configure(Exact());
        await Fill(36);
        var delays = new List<double>();
        foreach (var fill in new[] { 37, 41, 45 })
        {
            while ((await Total()).Pending < fill)
                await Offer("r");
            var signal = await SignalNow();
            Assert.Equal(BackpressureKind.SlowDown, signal.Kind);
            var expected = 10 + 90 * (fill - 32) / 16.0;
            Assert.InRange(signal.Delay.TotalMilliseconds, expected - 1, expected + 1);
            delays.Add(signal.Delay.TotalMilliseconds);
        }

        Assert.Equal(delays.Order(), delays);
    }

    [Fact]
    public async Task A_source_learns_its_signal_in_every_answer()
    {
        await Configure(Exact());
        Assert.Equal(BackpressureSignal.None, (await Offer("r")).Signal);
        var answer = await OfferAll(MakeMany("r", 40));
        Assert.Equal((BackpressureKind.SlowDown, await SignalNow()), (answer.Signal.Kind, answer.Signal));
        Assert.Equal(BackpressureSignal.Pause, (await OfferAll(MakeMany("s", 40))).Signal);
        answer = await Offer("r");
        Assert.Equal((OfferStatus.StageFull, BackpressureSignal.Pause), (answer.Status, answer.Signal));
    }

    [Fact]
    public async Task New_watermarks_hold_at_once()
    {
        await Configure(new() { MaxPerStage = 10 });
        await Fill(5);
        Assert.Equal(BackpressureKind.None, (await SignalNow()).Kind);
        await Configure(
            new()
            {
                MaxPerStage = 10,
                BackpressureThreshold = 0.5,
                LowWatermark = 0.2,
            }
        );
        Assert.Equal(BackpressureKind.Pause, (await SignalNow()).Kind);
    }

    static async Task<BackpressureSignal> Next(IAsyncEnumerator<BackpressureSignal> signals)
    {
        Assert.True(await Within(signals.MoveNextAsync()), "the subscription has ended");
        return signals.Current;
    }

    /// <summary>
    /// Returns false when the task takes longer than the delivery of a signal that was already sent can take.
    /// </summary>
    static async Task<bool> CompletesSoon(Task task) =>
        task.IsCompleted
        || await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System)) == task;
}
