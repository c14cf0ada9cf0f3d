using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Tests;

public sealed class CompletingSourceTests(ActorSystemFixture fixture) : StreamTest(fixture)
{
    Source<ConveyorRecord, NotUsed> FromStage(BufferSourceSettings? settings = null) =>
        BufferSource.CompletingFromStage(Service, Pipeline, Stage, settings ?? ByClock);

    [Fact]
    public async Task A_stage_is_emptied_in_order_and_every_record_is_completed()
    {
        await Offer(Records(2_000));
        var running = FromStage().RunWith(Sink.Seq<ConveyorRecord>(), Materializer);
        await Service.StopAsync(Pipeline, TimeSpan.FromHours(1)).AsTask().WaitAsync(Bound);
        Assert.Equal(Ids(Records(2_000)), Ids(await running.WaitAsync(Bound)));
        await NothingIsOut();
        Assert.Equal(2_000, (await StageNow()).Level.Completed);
    }

    [Fact]
    public async Task A_record_is_completed_when_downstream_asks_for_the_next_one_and_not_before()
    {
        await Offer(Records(3));
        var queue = FromStage()
            .RunWith(Sink.Queue<ConveyorRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        Assert.Equal("r1", (await queue.PullAsync().WaitAsync(Bound)).Value.Id);
        // The queue has asked once more, and has r2 in its buffer.
        await Eventually(async () => (await StageNow()).Level.Completed == 1, "r1 is done");
        Assert.Equal("r2", (await queue.PullAsync().WaitAsync(Bound)).Value.Id);
        await Eventually(async () => (await StageNow()).Level.Completed == 2, "r2 is done");
        Assert.Equal(1, (await StageNow()).Level.InFlight);
    }

    [Fact]
    public async Task The_last_record_before_a_normal_end_is_returned_uncharged()
    {
        await Offer(Records(5));
        Assert.Equal(
            ["r1", "r2"],
            Ids(await FromStage().Take(2).RunWith(Sink.Seq<ConveyorRecord>(), Materializer).WaitAsync(Bound))
        );
        await NothingIsOut();
        Assert.Equal((1, 0), ((await StageNow()).Level.Completed, (await StageNow()).Level.Retries));
        Assert.Equal(["r2", "r3", "r4", "r5"], await TakeAll());
    }

    [Fact]
    public async Task Only_the_record_that_made_downstream_fail_is_charged_with_a_retry()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None });
        await Offer(Records(5));
        var running = FromStage()
            .Select(r => r.Id == "r3" ? throw new FormatException("no number") : r)
            .RunWith(Sink.Ignore<ConveyorRecord>(), Materializer);
        await Assert.ThrowsAsync<FormatException>(() => running.WaitAsync(Bound));
        await NothingIsOut();
        Assert.Equal(
            [("r3", 1), ("r4", 0), ("r5", 0)],
            (await Service.PeekAsync(Pipeline, Stage, 10)).Select(r => (r.Record.Id, r.RetryCount))
        );
    }

    [Fact]
    public async Task A_record_that_fails_every_stream_becomes_a_dead_letter_and_the_others_pass()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None, MaxRetries = 2 });
        await Offer(Records(5));
        var once = FromStage().Select(r => r.Id == "r3" ? throw new FormatException("no number") : r);
        var settings = RestartSettings.Create(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), 0);
        var ids = await RestartSource
            .WithBackoff(() => once, settings)
            .Select(r => r.Id)
            .Take(4)
            .RunWith(Sink.Seq<string>(), Materializer)
            .WaitAsync(Bound);
        Assert.Equal(["r1", "r2", "r4", "r5"], ids); // r5 is in the stage again: nothing was asked for beyond it
        await NothingIsOut();
        var letter = Assert.Single(await Service.GetDeadLettersAsync(Pipeline, Stage, 10));
        Assert.Equal(("r3", "no number"), (letter.Record.Record.Id, letter.LastError));
    }

    [Fact]
    public async Task A_record_in_transit_when_a_kill_switch_is_closed_is_not_lost()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerSource = 20_000, MaxPerStage = 20_000 });
        var (random, left) = (new Random(11), 0);
        for (var run = 0; run < 100; run++)
        {
            await Offer(Records(20_000 - left));
            var before = (await StageNow()).Level.Completed;
            var (seen, at) = (0L, random.Next(1_000, 10_000));
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var materializer = ActorMaterializer.Create(
                System,
                ActorMaterializerSettings.Create(System).WithInputBuffer(1, 1 << random.Next(5))
            );
            var source = FromStage()
                .ViaMaterialized(KillSwitches.Single<ConveyorRecord>(), Keep.Right)
                .Select(r =>
                {
                    if (++seen == at)
                        reached.TrySetResult();
                    return r;
                });
            for (var more = random.Next(5); more > 0; more--)
                source = source.Select(r => r);
            var (kill, ending) = source.ToMaterialized(Sink.Ignore<ConveyorRecord>(), Keep.Both).Run(materializer);
            await reached.Task.WaitAsync(Bound);
            kill.Shutdown();
            await ending.WaitAsync(Bound);
            await NothingIsOut();
            Assert.InRange((await StageNow()).Level.Completed - before, seen - 1, seen);
            left = (int)(await StageNow()).Level.Buffered;
        }
    }

    [Fact]
    public async Task A_shut_down_materializer_returns_records_of_downstream_uncharged()
    {
        await Offer(Records(5));
        using var materializer = NewMaterializer(System);
        var queue = FromStage()
            .RunWith(Sink.Queue<ConveyorRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), materializer);
        await queue.PullAsync().WaitAsync(Bound);
        await Eventually(async () => (await StageNow()).Level.Completed == 1, "r1 is done");
        materializer.Shutdown();
        await NothingIsOut();
        Assert.Equal(0, (await StageNow()).Level.Retries);
        Assert.Equal(["r2", "r3", "r4", "r5"], await TakeAll());
    }

    [Fact]
    public async Task The_lease_of_records_held_by_a_slow_downstream_is_renewed()
    {
        // The stage looks at its leases by the real time; what a lease's time is, the clock says.
        var counting = new CountingService(Service);
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { LeaseTimeout = TimeSpan.FromMilliseconds(200) });
        await Offer(Records(10));
        var queue = BufferSource
            .CompletingFromStage(counting, Pipeline, Stage, ByClock)
            .RunWith(Sink.Queue<ConveyorRecord>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Materializer);
        for (var i = 0; i < 3; i++)
        {
            var before = counting.Renewals;
            await Eventually(() => Task.FromResult(counting.Renewals > before), "the lease was renewed");
            Clock.Advance(TimeSpan.FromMilliseconds(150));
        }
        for (var i = 1; i <= 10; i++)
            Assert.Equal($"r{i}", (await queue.PullAsync().WaitAsync(Bound)).Value.Id);
        Assert.Equal(0, (await StageNow()).Level.Retries);
    }

    [Fact]
    public async Task The_stream_completes_when_the_pipeline_has_stopped_and_nothing_is_left()
    {
        await Offer(Records(20));
        var records = FromStage(ByClock with { BatchSize = 7 }).RunWith(Sink.Seq<ConveyorRecord>(), Materializer);
        Assert.Equal(0, (await Service.StopAsync(Pipeline, TimeSpan.FromHours(1)).AsTask().WaitAsync(Bound)).Remaining);
        Assert.Equal(Ids(Records(20)), Ids(await records.WaitAsync(Bound)));
    }
}
