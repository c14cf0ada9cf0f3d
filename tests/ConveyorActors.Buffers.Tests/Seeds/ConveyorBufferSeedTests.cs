using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Seeds;

/// <summary>
/// What conveyor-buffer's own tests pin, and every point where it fails as built. Its document's examples are in
/// Docs/SeedExamples.cs.
/// </summary>
public class ConveyorBufferSeedTests
{
    static readonly BackoffSettings Eager = BackoffSettings.None;

    static BufferManager<int> Manager(
        int total = 100_000,
        int stage = 10_000,
        int source = 5_000,
        StageSettings? each = null,
        TimeProvider? clock = null
    ) =>
        new(
            new()
            {
                MaxTotalRecords = total,
                MaxPerStage = stage,
                MaxPerSource = source,
                Stage = each ?? new() { Backoff = Eager },
            },
            new() { PipelineId = "analytics", Clock = clock ?? TimeProvider.System }
        );

    static int[] Numbers(int count) => [.. Enumerable.Range(1, count)];

    // What its own tests pin, and a user of it expects.

    [Fact]
    public void Conveyor_buffer_one_source_comes_out_in_the_order_it_went_in()
    {
        var manager = Manager();
        foreach (var number in Numbers(10))
            manager.BufferForStage("filter", "kafka-1", number);
        Assert.Equal(Numbers(10), manager.GetBatch("filter", 100).Select(r => r.Record));
    }

    [Fact]
    public void Conveyor_buffer_the_batch_size_is_respected()
    {
        var manager = Manager();
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(10));
        var batch = manager.GetBatch("filter", 4);
        Assert.Equal(4, batch.Count);
        manager.Complete(batch);
        Assert.Equal(6, manager.GetBatch("filter", 100).Count);
    }

    [Fact]
    public void Conveyor_buffer_stages_are_isolated()
    {
        var manager = Manager();
        manager.BufferForStage("filter", "kafka-1", 1);
        manager.BufferForStage("enrich", "kafka-1", 2);
        Assert.Equal([2], manager.GetBatch("enrich", 10).Select(r => r.Record));
        Assert.Equal([1], manager.GetBatch("filter", 10).Select(r => r.Record));
    }

    [Fact]
    public void Conveyor_buffer_50_of_100_is_a_utilization_of_one_half()
    {
        var manager = Manager(stage: 100);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(50));
        Assert.Equal(0.5, manager.GetStageUtilization("filter"));
    }

    [Fact]
    public void Conveyor_buffer_two_times_25_of_100_is_a_global_utilization_of_one_half()
    {
        var manager = Manager(total: 100);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(25));
        manager.BufferBatchForStage("enrich", "kafka-2", Numbers(25));
        Assert.Equal(0.5, manager.GetGlobalUtilization());
    }

    [Fact]
    public void Conveyor_buffer_a_stage_of_five_accepts_five_of_ten_records()
    {
        var manager = Manager(stage: 5);
        Assert.Equal(5, manager.BufferBatchForStage("filter", "kafka-1", Numbers(10)).Accepted);
        Assert.Equal(OfferStatus.StageFull, manager.BufferForStage("filter", "kafka-1", 11).Status);
    }

    [Fact]
    public void Conveyor_buffer_the_retry_count_goes_from_0_to_1_on_return()
    {
        var manager = Manager();
        manager.BufferForStage("filter", "kafka-1", 1);
        var batch = manager.GetBatch("filter", 1);
        Assert.Equal(0, batch[0].RetryCount);
        manager.ReturnToBuffer("filter", [batch[0]]);
        Assert.Equal(1, manager.GetBatch("filter", 1)[0].RetryCount);
    }

    [Fact]
    public void Conveyor_buffer_stages_with_data_are_listed()
    {
        var manager = Manager();
        manager.BufferForStage("filter", "kafka-1", 1);
        manager.BufferForStage("enrich", "kafka-1", 1);
        manager.Complete(manager.GetBatch("enrich", 1));
        Assert.Equal(["filter"], manager.GetStagesWithData());
    }

    [Theory]
    [InlineData(0.9, BackpressureKind.Pause)]
    [InlineData(0.7, BackpressureKind.SlowDown)]
    [InlineData(0.5, BackpressureKind.None)]
    public void Conveyor_buffer_the_first_fill_sets_the_signal(double fill, BackpressureKind kind)
    {
        var signal = new BackpressureController(0.8, 0.6).Observe(fill);
        Assert.Equal(kind, signal.Kind);
        if (kind == BackpressureKind.SlowDown)
            Assert.InRange(signal.Delay.TotalMilliseconds, 10, 100);
    }

    [Fact]
    public void Conveyor_buffer_a_falling_fill_goes_from_pause_over_slow_down_to_none()
    {
        var controller = new BackpressureController(0.8, 0.6);
        Assert.Equal(
            [BackpressureKind.Pause, BackpressureKind.SlowDown, BackpressureKind.None],
            new[] { 0.85, 0.75, 0.5 }.Select(fill => controller.Observe(fill).Kind)
        );
    }

    [Fact]
    public void Conveyor_buffer_sources_are_independent()
    {
        var manager = Manager(source: 10);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(10));
        Assert.True(manager.ShouldBackpressure("kafka-1"));
        Assert.False(manager.ShouldBackpressure("kafka-2"));
    }

    [Fact]
    public void Conveyor_buffer_credits_decrease_and_are_never_negative()
    {
        var manager = Manager(source: 100);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(50));
        Assert.Equal(50, manager.AvailableCredits("kafka-1"));
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(80));
        Assert.Equal(0, manager.AvailableCredits("kafka-1"));
    }

    // Where it fails as built.

    [Fact]
    public void Conveyor_buffer_defect_fixed_per_source_limit_never_enforced()
    {
        var manager = Manager(source: 3);
        Assert.Equal(3, manager.BufferBatchForStage("filter", "kafka-1", Numbers(5)).Accepted);
        Assert.Equal(OfferStatus.SourceFull, manager.BufferForStage("enrich", "kafka-1", 6).Status);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_writers_overshoot_the_global_limit()
    {
        var manager = Manager(total: 1_000);
        Parallel.For(
            0,
            8,
            writer =>
            {
                for (var i = 0; i < 500; i++)
                {
                    manager.BufferForStage($"stage-{writer}", $"source-{writer}", i);
                    Assert.True(manager.GetGlobalUtilization() <= 1);
                }
            }
        );
        Assert.Equal(1_000, manager.GetSnapshot().Total.Accepted);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_rejected_records_are_consumed()
    {
        var manager = Manager(stage: 5);
        var records = Numbers(8);
        var answer = manager.BufferBatchForStage("filter", "kafka-1", records);
        manager.Complete(manager.GetBatch("filter", 5));
        Assert.Equal(5, answer.Consumed);
        Assert.True(manager.BufferBatchForStage("filter", "kafka-1", records.AsSpan(answer.Consumed)).IsAccepted);
        Assert.Equal([6, 7, 8], manager.GetBatch("filter", 5).Select(r => r.Record));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_a_consumer_that_dies_loses_its_batch()
    {
        var clock = new FakeClock();
        var manager = Manager(each: new() { Backoff = Eager, LeaseTimeout = TimeSpan.FromSeconds(30) }, clock: clock);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(3));
        manager.GetBatch("filter", 3);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([1, 2, 3], manager.Peek("filter", 3).Select(r => r.Record));
        // by itself: it may be what the consumer died of
        Assert.Equal([1], manager.GetBatch("filter", 3).Select(r => r.Record));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_records_in_flight_are_not_counted()
    {
        var manager = Manager(stage: 2);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(2));
        manager.GetBatch("filter", 2);
        Assert.Equal(OfferStatus.StageFull, manager.BufferForStage("filter", "kafka-1", 3).Status);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_a_returned_record_goes_to_the_tail()
    {
        var manager = Manager();
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(4));
        var batch = manager.GetBatch("filter", 2);
        manager.ReturnToBuffer("filter", batch);
        Assert.Equal([1, 2, 3, 4], manager.GetBatch("filter", 4).Select(r => r.Record));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_the_retry_count_has_no_limit()
    {
        var manager = Manager(each: new() { Backoff = Eager, MaxRetries = 2 });
        manager.BufferForStage("filter", "kafka-1", 7);
        for (var tries = 0; tries < 3; tries++)
            manager.ReturnToBuffer("filter", manager.GetBatch("filter", 1), "boom");
        Assert.Empty(manager.GetBatch("filter", 1));
        var dead = Assert.Single(manager.GetDeadLetters("filter"));
        Assert.Equal((7, LossReason.RetriesExhausted, "boom"), (dead.Record.Record, dead.Reason, dead.LastError));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_a_return_to_a_full_stage_drops_the_record()
    {
        var manager = Manager(stage: 2);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(2));
        var batch = manager.GetBatch("filter", 1);
        Assert.Equal(OfferStatus.StageFull, manager.BufferForStage("filter", "kafka-2", 3).Status);
        Assert.Equal(1, manager.ReturnToBuffer("filter", batch).Settled);
        Assert.Equal([1, 2], manager.GetBatch("filter", 2).Select(r => r.Record));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_a_full_stage_refuses_without_a_signal()
    {
        var manager = Manager(total: 1_000, stage: 100);
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(100));
        Assert.Equal(0.1, manager.GetGlobalUtilization());
        Assert.Equal(BackpressureSignal.Pause, manager.BufferForStage("filter", "kafka-2", 1).Signal);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_one_hot_stage_or_source_pauses_every_source()
    {
        var manager = Manager(total: 1_000, stage: 100, source: 200);
        manager.BufferBatchForStage("hot", "kafka-1", Numbers(100));
        manager.BufferForStage("cool", "kafka-2", 1);
        Assert.Equal(BackpressureSignal.Pause, manager.GetSignal("kafka-1"));
        Assert.Equal(BackpressureSignal.None, manager.GetSignal("kafka-2"));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_one_hot_source_starves_the_others()
    {
        var manager = Manager(each: new() { Quantum = 4 });
        manager.BufferBatchForStage("filter", "hot", Numbers(1_000));
        manager.BufferBatchForStage("filter", "shy", Numbers(4));
        Assert.Equal(4, manager.GetBatch("filter", 10).Count(r => r.SourceId == "shy"));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_no_hysteresis()
    {
        var controller = new BackpressureController(0.8, 0.6);
        controller.Observe(0.8);
        foreach (var fill in new[] { 0.79, 0.76, 0.78, 0.7501 })
            Assert.Equal(BackpressureSignal.Pause, controller.Observe(fill));
        Assert.Equal(BackpressureKind.SlowDown, controller.Observe(0.75).Kind);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_overspent_credits_become_debt()
    {
        var manager = Manager(stage: 5);
        var grant = manager.RequestCredits("filter", "kafka-1", 10, TimeSpan.FromMinutes(1));
        Assert.Equal(5, grant.Records);
        foreach (var number in Numbers(5))
            Assert.True(manager.BufferForStage("filter", "kafka-1", number, grant).IsAccepted);
        Assert.Equal(OfferStatus.StageFull, manager.BufferForStage("filter", "kafka-1", 6, grant).Status);
        Assert.Equal((5, 0), (manager.GetSnapshot().Total.Used, manager.GetSnapshot().Total.Granted));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_credits_and_limits_are_unrelated()
    {
        var manager = Manager(total: 10, source: 10);
        Assert.Equal(7, manager.RequestCredits("filter", "kafka-1", 7, TimeSpan.FromMinutes(1)).Records);
        Assert.Equal(3, manager.RequestCredits("filter", "kafka-2", 7, TimeSpan.FromMinutes(1)).Records);
        Assert.Equal(OfferStatus.GlobalFull, manager.BufferForStage("filter", "kafka-3", 1).Status);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_no_validation()
    {
        Assert.Contains(
            "MaxPerStage is 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => new BufferSettings { MaxPerStage = 0 }).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentException>(() => new BackpressureController(0.6, 0.8));
        Assert.Throws<ArgumentException>(() =>
            new BufferManager<int>(new() { BackpressureThreshold = 0.5, LowWatermark = 0.5 })
        );
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_no_limits_by_bytes()
    {
        var manager = new BufferManager<string>(new() { MaxTotalBytes = 10 }, new() { SizeOf = s => s.Length });
        Assert.True(manager.BufferForStage("filter", "kafka-1", "seven..").IsAccepted);
        Assert.Equal(OfferStatus.GlobalFull, manager.BufferForStage("filter", "kafka-1", "four").Status);
        Assert.Equal(OfferStatus.TooLarge, manager.BufferForStage("filter", "kafka-1", "eleven chars").Status);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_no_time_to_live()
    {
        var clock = new FakeClock();
        var manager = Manager(each: new() { TimeToLive = TimeSpan.FromSeconds(5) }, clock: clock);
        manager.BufferForStage("filter", "kafka-1", 1);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((0, 1), (manager.GetSnapshot().Total.Buffered, manager.GetLedger()[LossReason.Expired]));
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_no_dead_letters()
    {
        var manager = Manager();
        manager.BufferForStage("filter", "kafka-1", 1);
        manager.DeadLetter(manager.GetBatch("filter", 1), null, "unreadable");
        Assert.Equal("unreadable", Assert.Single(manager.GetDeadLetters("filter")).LastError);
        Assert.Equal(1, manager.ReplayDeadLetters("filter"));
        Assert.Single(manager.GetBatch("filter", 1));
    }

    [Fact]
    public async Task Conveyor_buffer_defect_fixed_no_waiting_consumers()
    {
        var manager = Manager();
        var waiting = manager.GetBatchAsync("filter", 10).AsTask();
        Assert.False(waiting.IsCompleted);
        manager.BufferForStage("filter", "kafka-1", 1);
        Assert.Single(await waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Conveyor_buffer_defect_fixed_two_pipelines_with_a_stage_of_the_same_name_mix()
    {
        await using var service = new EmbeddedBufferService();
        await service.BufferForStageAsync("analytics", "filter", "kafka-1", new ConveyorRecord("1", default));
        Assert.Equal(0, (await service.GetBatchAsync("billing", "filter", new(10))).Count);
        Assert.Equal(1, (await service.GetBatchAsync("analytics", "filter", new(10))).Count);
    }

    [Fact]
    public void Conveyor_buffer_defect_fixed_no_inspection()
    {
        var manager = Manager();
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(3));
        manager.GetBatch("filter", new BatchRequest(1) { Consumer = "worker-1" });
        var stage = Assert.Single(manager.GetSnapshot().Stages);
        Assert.Equal(
            ("filter", 2L, 1L, "worker-1"),
            (stage.Stage, stage.Level.Buffered, stage.Level.InFlight, Assert.Single(stage.Leases).Consumer)
        );
        Assert.Equal([2, 3], manager.Peek("filter", 10).Select(r => r.Record));
    }

    [Fact]
    public async Task Conveyor_buffer_defect_fixed_backpressure_never_reaches_the_source()
    {
        var manager = Manager(stage: 10);
        using var signals = manager.SubscribeSignals("kafka-1");
        Assert.Equal(BackpressureSignal.None, await signals.ReadAsync());
        manager.BufferBatchForStage("filter", "kafka-1", Numbers(10));
        Assert.Equal(BackpressureSignal.Pause, await signals.ReadAsync());
        manager.Complete(manager.GetBatch("filter", 10));
        Assert.Equal(BackpressureSignal.None, await signals.ReadAsync());
    }
}
