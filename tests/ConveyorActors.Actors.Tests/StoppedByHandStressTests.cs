using System.Collections.Concurrent;
using Akka.Event;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests;

/// <summary>
/// Any of our actors, stopped in any way, again and again, under load: nothing is lost or doubled, nobody waits for
/// ever, and every count is right.
/// </summary>
public class StoppedByHandStressTests(ITestOutputHelper output)
    : ConveyorTestKit(
        """
        akka.loglevel = OFF
        conveyor.buffer-actors { count = 2, batch-size = 16, batch-age = 1 ms, retry { first = 1 ms, max = 5 ms } }
        """
    )
{
    const int Rounds = 300;

    static readonly string[] Victims =
    [
        "pipelines",
        "commands",
        "buffers",
        "writer-0",
        "core-0",
        "core-1",
        "pipelines/shop",
        "pipelines/shop/stage-a",
        "pipelines/shop/stage-b",
        "pipelines/shop/stage-a",
        "pipelines/shop/source-s0",
        "pipelines/shop/source-s1",
    ];

    readonly ConcurrentDictionary<string, int> settled = new();
    long sent;
    volatile bool isOver,
        isDone;

    [Fact]
    public async Task Actors_stopped_by_hand_under_load_lose_and_repeat_nothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : Environment.TickCount;
        output.WriteLine($"CONVEYOR_SEED={seed}");
        await Configure(
            new()
            {
                MaxTotalRecords = 400,
                MaxPerStage = 300,
                MaxPerSource = 250,
                Stage = new()
                {
                    FullMode = FullMode.Wait,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                },
            }
        );
        Task[] producing =
        [
            Task.Run(() => AskAsync(0)),
            Task.Run(TellAsync),
            Task.Run(OfferAsync),
            Task.Run(() => AskAsync(3)),
        ];
        Task[] consuming = [.. new[] { "a", "b", "a" }.Select(stage => Task.Run(() => ConsumeAsync(stage)))];
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var victim = Sys.ActorSelection($"/user/conveyor/{Victims[random.Next(Victims.Length)]}");
            switch (random.Next(3))
            {
                case 0:
                    victim.Tell(PoisonPill.Instance);
                    break;
                case 1:
                    victim.Tell(Kill.Instance);
                    break;
                default:
                    try
                    {
                        Sys.Stop(await victim.ResolveOne(TimeSpan.FromMilliseconds(50)));
                    }
                    catch (ActorNotFoundException) { }
                    break;
            }
            if (round % 3 == 0)
                await Task.Delay(random.Next(3));
            foreach (var failed in producing.Concat(consuming).Where(t => t.IsFaulted))
                await failed;
        }
        isOver = true;
        await Task.WhenAll(producing).WaitAsync(Patience);
        await AwaitAssertAsync(
            () => Assert.Equal(0, Conveyor.BufferActors.Sum(c => c.Depth)),
            Patience,
            TimeSpan.FromMilliseconds(20)
        );
        await Eventually(s => s.Total.Pending == 0);
        isDone = true;
        await Task.WhenAll(consuming).WaitAsync(Patience);
        output.WriteLine($"{sent} sent, {settled.Count} settled");
        Assert.Equal(Interlocked.Read(ref sent), settled.Count);
        Assert.All(settled, s => Assert.Equal(1, s.Value));
        Assert.Equal((0, 0), (Conveyor.BufferActors.Sum(c => c.Lost), Conveyor.BufferActors.Sum(c => c.Refused)));
        var end = await GetSnapshot();
        Assert.True(end.IsConserved);
        Assert.Equal((0, 0), (end.Total.Granted, end.Total.Used));
    }

    string Next(string producer, int number) => $"{producer}-{number}-{Interlocked.Increment(ref sent)}";

    async Task AskAsync(int producer)
    {
        for (var i = 0; !isOver; i++)
        {
            BufferTarget target = new(Pipeline, i % 2 == 0 ? "a" : "b", $"s{i % 2}");
            ConveyorRecord[] records = [Make(Next($"ask{producer}", i)), Make(Next($"ask{producer}", i))];
            for (ReadOnlyMemory<ConveyorRecord> left = records; left.Length > 0; )
            {
                var reply = await (producer == 0 ? Conveyor.Buffers : Conveyor.CreateWriter()).Ask<object>(
                    new EnqueueBatch(target, left),
                    Patience
                );
                left = left[((reply as EnqueueResult)?.Consumed ?? 0)..];
            }
        }
    }

    async Task TellAsync()
    {
        var writer = Conveyor.CreateWriter();
        for (var i = 0; !isOver; i++)
        {
            writer.Tell(
                new Enqueue(new(Pipeline, i % 3 == 0 ? "a" : "b", "s0"), Make(Next("tell", i))),
                ActorRefs.NoSender
            );
            while (Conveyor.BufferActors.Sum(c => c.Depth) > 1_000)
                await Task.Delay(1);
        }
    }

    async Task OfferAsync()
    {
        for (var i = 0; !isOver; i++)
        {
            var grant = await Service.WaitForCreditsAsync(Pipeline, "b", "s1", 3, TimeSpan.FromMinutes(1));
            ConveyorRecord[] records = [.. Enumerable.Range(0, grant.Records).Select(_ => Make(Next("offer", i)))];
            Assert.Equal(
                records.Length,
                (await Service.BufferBatchForStageAsync(Pipeline, "b", "s1", records, grant)).Accepted
            );
        }
    }

    async Task ConsumeAsync(string stage)
    {
        while (!isDone)
        {
            using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            LeasedBatch batch;
            try
            {
                batch = await Service.GetBatchAsync(
                    Pipeline,
                    stage,
                    new BatchRequest(20) { Wait = true },
                    giveUp.Token
                );
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            Assert.Equal(batch.Count, (await Service.CompleteAsync(Pipeline, stage, batch.Id)).Settled);
            foreach (var record in batch.Records)
                settled.AddOrUpdate(record.Record.Id, 1, static (_, n) => n + 1);
        }
    }
}
