using System.Collections.Concurrent;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Actors.Producing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>A pipeline that was removed comes back with what is sent to it, and whoever used it goes on.</summary>
public class PipelineReturnTests()
    : ConveyorTestKit(
        """
        conveyor {
          buffers { idle-after = 20 ms, stage.lease-timeout = 3650 d }
          pipelines { forever.idle-after = infinite, windowed.stage.duplicates { enabled = on, count = 100, time = 1 h } }
          buffer-actors { count = 1, batch-age = 1 ms }
        }
        """
    )
{
    [Fact]
    public async Task Sequences_continue_when_a_pipeline_is_reopened()
    {
        var last = 0L;
        for (var round = 0; round < 3; round++)
        {
            await Service.BufferBatchForStageAsync(Pipeline, Stage, Source, MakeMany("r", 3));
            var batch = await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(3));
            Assert.All(batch.Records, r => Assert.True(r.Sequence > last, $"{r.Sequence} came after {last}."));
            last = batch.Records.Max(r => r.Sequence);
            Assert.Equal(SettleStatus.Ok, (await Service.CompleteAsync(Pipeline, Stage, batch.Id)).Status);
            await UntilRemoved();
            Assert.Equal(SettleStatus.UnknownLease, (await Service.CompleteAsync(Pipeline, Stage, batch.Id)).Status);
        }
    }

    [Fact]
    public async Task A_pipeline_with_infinite_idle_time_is_never_removed()
    {
        await Service.BufferForStageAsync("forever", Stage, Source, Make("r"));
        await Service.CompleteAsync(
            "forever",
            Stage,
            (await Service.GetBatchAsync("forever", Stage, new BatchRequest(1))).Id
        );
        await Service.BufferForStageAsync(Pipeline, Stage, Source, Make("r"));
        await Service.CompleteAsync(
            Pipeline,
            Stage,
            (await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1))).Id
        );
        await UntilRemoved();
        Assert.Equal(["forever"], await Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task A_duplicate_window_is_kept_with_its_pipeline_until_it_is_over()
    {
        await Service.BufferForStageAsync("windowed", Stage, Source, Make("r"));
        await Service.CompleteAsync(
            "windowed",
            Stage,
            (await Service.GetBatchAsync("windowed", Stage, new BatchRequest(1))).Id
        );
        await Service.BufferForStageAsync(Pipeline, Stage, Source, Make("r"));
        await Service.CompleteAsync(
            Pipeline,
            Stage,
            (await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1))).Id
        );
        await UntilRemoved(TimeSpan.FromSeconds(5), Pipeline);
        Assert.Equal(
            OfferStatus.Duplicate,
            (await Service.BufferForStageAsync("windowed", Stage, Source, Make("r"))).Status
        );
        Clock.Advance(TimeSpan.FromHours(2));
        await UntilRemoved(TimeSpan.FromMinutes(1), "windowed");
        Assert.True((await Service.BufferForStageAsync("windowed", Stage, Source, Make("r"))).IsAccepted);
    }

    [Fact]
    public async Task Buffer_actors_producers_and_consumers_continue_when_a_pipeline_is_reopened()
    {
        var handled = new ConcurrentQueue<string>();
        var way = Sys.ActorOf(
            BufferProducerActor.Props(
                Service,
                new(new BufferTarget(Pipeline, Stage, Source)) { CreditTimeToLive = TimeSpan.FromMilliseconds(50) }
            )
        );
        way.Tell(new RegisterProducer(TestActor));
        for (var round = 0; round < 3; round++)
        {
            if (round == 0)
                await ExpectMsgAsync<RequestNext>(Patience);
            Assert.True(
                (
                    await Conveyor.Buffers.Ask<EnqueueResult>(
                        new Enqueue(new(Pipeline, Stage, "other"), Make($"e{round}")),
                        Patience
                    )
                ).IsAccepted
            );
            way.Tell(new SendNext([Make($"p{round}")], $"{round}"));
            Assert.Equal(
                OfferStatus.Accepted,
                (await FishForMessageAsync(m => m is Confirmed, Patience) as Confirmed)!.Status
            );
            var consumer = Sys.ActorOf(
                BufferConsumerActor.Props(
                    Service,
                    new(Pipeline, Stage),
                    record =>
                    {
                        handled.Enqueue(record.Record.Id);
                        return RecordResult.Completed;
                    }
                )
            );
            var most = 2 * (round + 1);
            await AwaitAssertAsync(() => Assert.Equal(most, handled.Count), Patience, TimeSpan.FromMilliseconds(5));
            await consumer.GracefulStop(Patience);
            await UntilRemoved();
        }
        Assert.Equal(6, handled.Distinct().Count());
    }

    [Fact]
    public async Task Offers_waits_and_configuration_race_with_removal_and_nothing_is_lost()
    {
        var (accepted, completed, removals) = (0, 0, 0);
        using var end = new CancellationTokenSource();
        var time = Task.Run(async () =>
        {
            var before = 0;
            while (!end.IsCancellationRequested)
            {
                Clock.Advance(TimeSpan.FromMinutes(1));
                var now = (await Service.GetPipelinesAsync()).Count;
                if (now < before)
                    Interlocked.Increment(ref removals);
                before = now;
                await Task.Yield();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => Use($"race-{i % 3}", i))));
        foreach (var pipeline in await Service.GetPipelinesAsync())
        {
            while (await Service.GetBatchAsync(pipeline, Stage, new BatchRequest(100)) is { Count: > 0 } rest)
                completed += (await Service.CompleteAsync(pipeline, Stage, rest.Id)).Settled;
            Assert.True((await Service.GetSnapshotAsync(pipeline)).IsConserved);
        }
        await end.CancelAsync();
        await time.WaitAsync(Patience);
        Assert.Equal(accepted, completed);

        async Task Use(string pipeline, int worker)
        {
            var random = new Random(worker);
            for (var i = 0; i < 40; i++)
            {
                // One waits before there is anything, or offers first.
                var waits =
                    i % 2 == 0
                        ? Service.GetBatchAsync(pipeline, Stage, new BatchRequest(3) { Wait = true }).AsTask()
                        : null;
                if (i % 5 == 0)
                {
                    var grant = await Service.RequestCreditsAsync(
                        pipeline,
                        Stage,
                        $"s{worker}",
                        2,
                        TimeSpan.FromDays(3650)
                    );
                    await Service.GiveBackCreditsAsync(pipeline, grant);
                }
                if (i == 20 && worker == 5)
                    await Service.ConfigureStageAsync(
                        pipeline,
                        Stage,
                        new() { LeaseTimeout = TimeSpan.FromDays(3650), MaxRetries = 7 }
                    );
                if (
                    (await Service.BufferForStageAsync(pipeline, Stage, $"s{worker}", Make($"{worker}-{i}"))).IsAccepted
                )
                    Interlocked.Increment(ref accepted);
                if (
                    i % 3 == 0
                    && (
                        await Conveyor.Buffers.Ask<EnqueueResult>(
                            new Enqueue(new(pipeline, Stage, $"s{worker}"), Make($"{worker}-{i}e")),
                            Patience
                        )
                    ).IsAccepted
                )
                    Interlocked.Increment(ref accepted);
                var batch = waits is null
                    ? await Service.GetBatchAsync(pipeline, Stage, new BatchRequest(5))
                    : await waits.WaitAsync(Patience);
                if (batch.Count > 0)
                    Interlocked.Add(ref completed, (await Service.CompleteAsync(pipeline, Stage, batch.Id)).Settled);
                for (var pause = random.Next(60); pause > 0; pause--)
                    await Service.GetSnapshotAsync(pipeline);
            }
            // The last lease may have taken the record for which the pipeline's other worker waits.
            if ((await Service.BufferForStageAsync(pipeline, Stage, $"s{worker}", Make($"{worker}-last"))).IsAccepted)
                Interlocked.Increment(ref accepted);
        }
    }

    async Task UntilRemoved(TimeSpan? step = null, string pipeline = Pipeline) =>
        await AwaitAssertAsync(
            async () =>
            {
                Clock.Advance(step ?? TimeSpan.FromMinutes(1));
                Assert.DoesNotContain(pipeline, await Service.GetPipelinesAsync());
            },
            Patience,
            TimeSpan.FromMilliseconds(10)
        );
}
