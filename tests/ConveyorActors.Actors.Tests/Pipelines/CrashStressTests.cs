using System.Collections.Concurrent;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// Whatever actor crashes under load: nothing that was accepted is lost or doubled, and every count is right.
/// </summary>
public class CrashStressTests(ITestOutputHelper output) : ConveyorTestKit("akka.loglevel = OFF")
{
    const int Sources = 3,
        PerSource = 40_000;

    static readonly string[] Victims =
    [
        "pipelines",
        "pipelines/shop",
        "pipelines/shop/stage-parse",
        "pipelines/shop/stage-load",
        "pipelines/shop/source-s0",
        "pipelines/shop/source-s1",
        "pipelines/shop/source-s2",
    ];

    readonly ConcurrentDictionary<string, int> loaded = new();
    volatile bool isDone;

    [Fact]
    public async Task Actors_that_crash_under_load_lose_repeat_and_miscount_nothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : Environment.TickCount;
        output.WriteLine($"CONVEYOR_SEED={seed}");
        await Configure(
            new()
            {
                MaxTotalRecords = 300,
                MaxPerStage = 200,
                MaxPerSource = 150,
                Stage = new()
                {
                    FullMode = FullMode.Wait,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                },
            }
        );
        var listeners = Enumerable.Range(0, Sources).Select(s => ListenAsync($"s{s}")).ToArray();
        var working = Enumerable
            .Range(0, Sources)
            .Select(s => Task.Run(() => ProduceAsync($"s{s}", seed + s)))
            .Concat(Enumerable.Range(0, 2).Select(c => Task.Run(() => ParseAsync(seed + 10 + c))))
            .Concat(Enumerable.Range(0, 2).Select(c => Task.Run(() => LoadAsync(seed + 20 + c))))
            .ToArray();
        var killing = Task.Run(() => KillAsync(new Random(seed)));
        var watching = Task.Run(WatchAsync);

        var everything = Task.Run(async () =>
        {
            while (loaded.Values.Sum() < Sources * PerSource && !working.Any(w => w.IsFaulted))
                await Task.Delay(5);
        });
        await everything.WaitAsync(TimeSpan.FromSeconds(90));
        isDone = true;
        foreach (var failed in working.Where(w => w.IsFaulted))
            await failed;
        var kills = await killing;
        await watching;
        Assert.True(kills > 20, $"only {kills} kills");
        var end = await Eventually(s => s.Total.Pending == 0);
        Assert.True(end.IsConserved);
        Assert.Equal((0, 0), (end.Total.Granted, end.Total.Used));
        Assert.Equal(Sources * PerSource, loaded.Count);
        Assert.All(loaded, l => Assert.Equal(1, l.Value));

        // They still listen, and hear the end.
        await Service.StopAsync(Pipeline, TimeSpan.Zero);
        foreach (var heard in await Task.WhenAll(listeners).WaitAsync(Patience))
            Assert.Equal(BackpressureSignal.None, heard);
        output.WriteLine($"{kills} kills");
    }

    async Task ProduceAsync(string source, int seed)
    {
        var random = new Random(seed);
        for (var next = 0; next < PerSource; )
        {
            var batch = Enumerable
                .Range(next, Math.Min(random.Next(1, 40), PerSource - next))
                .Select(i => Make($"{source}-{i}"))
                .ToArray();
            if (random.Next(2) == 0)
            {
                var grant = await Service.WaitForCreditsAsync(
                    Pipeline,
                    "parse",
                    source,
                    batch.Length,
                    TimeSpan.FromMinutes(1)
                );
                next += (
                    await Service.BufferBatchForStageAsync(
                        Pipeline,
                        "parse",
                        source,
                        batch.AsMemory(0, grant.Records),
                        grant
                    )
                ).Consumed;
            }
            else
                next += (await Service.BufferBatchForStageAsync(Pipeline, "parse", source, batch)).Consumed;
        }
    }

    async Task ParseAsync(int seed)
    {
        var random = new Random(seed);
        while (!isDone)
        {
            using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            LeasedBatch batch;
            try
            {
                batch = await Service.GetBatchAsync(
                    Pipeline,
                    "parse",
                    new BatchRequest(20) { Wait = true, OneSource = true },
                    giveUp.Token
                );
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            if (random.Next(10) == 0)
            {
                await Service.ReturnToBufferAsync(Pipeline, "parse", batch.Id, null, "try again");
                continue;
            }
            ConveyorRecord[] results = [.. batch.Records.Select(r => r.Record)];
            Assert.True((await Service.HopAsync(Pipeline, "parse", batch.Id, null, "load", results)).IsOk);
        }
    }

    async Task LoadAsync(int seed)
    {
        var random = new Random(seed);
        while (!isDone)
        {
            using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            LeasedBatch batch;
            try
            {
                batch = await Service.GetBatchAsync(
                    Pipeline,
                    "load",
                    new BatchRequest(30) { Wait = true },
                    giveUp.Token
                );
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            var done = batch.Records.Where(_ => random.Next(20) > 0).ToArray();
            Assert.Equal(
                done.Length,
                (await Service.CompleteAsync(Pipeline, "load", batch.Id, [.. done.Select(r => r.Sequence)])).Settled
            );
            foreach (var record in done)
                loaded.AddOrUpdate(record.Record.Id, 1, static (_, n) => n + 1);
            if (done.Length < batch.Count)
                await Service.ReturnToBufferAsync(Pipeline, "load", batch.Id, null, "try again");
        }
    }

    async Task<BackpressureSignal?> ListenAsync(string source)
    {
        BackpressureSignal? last = null;
        await foreach (var signal in Service.SubscribeSignalsAsync(Pipeline, source))
        {
            Assert.NotEqual(last, signal);
            last = signal;
        }
        return last;
    }

    async Task<int> KillAsync(Random random)
    {
        var kills = 0;
        while (!isDone)
        {
            Sys.ActorSelection($"/user/conveyor/{Victims[random.Next(Victims.Length)]}").Tell(Kill.Instance);
            kills++;
            await Task.Delay(random.Next(1, 8));
        }
        return kills;
    }

    async Task WatchAsync()
    {
        while (!isDone)
        {
            var now = await GetSnapshot();
            Assert.True(now.IsConserved, $"{now.Total}");
            Assert.True(
                now.Total.Used <= 300
                    && now.Stages.All(s => s.Level.Used <= 200)
                    && now.Sources.All(s => s.Level.Used <= 150),
                $"{now.Total}"
            );
            await Task.Delay(3);
        }
    }
}
