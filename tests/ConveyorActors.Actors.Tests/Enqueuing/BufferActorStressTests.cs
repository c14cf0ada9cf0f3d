using System.Collections.Concurrent;
using Akka.Event;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>
/// Real threads, small limits, and buffer actors that are killed at random: nothing that was taken is lost, doubled or
/// out of order.
/// </summary>
public class BufferActorStressTests(ITestOutputHelper output)
    : ConveyorTestKit(
        """
        akka.loglevel = OFF
        conveyor.buffer-actors { count = 3
          capacity = 200
          batch-size = 20
          batch-age = 2 ms
          retry.first = 1 ms
          retry.max = 5 ms
        }
        """
    )
{
    const int Producers = 4,
        Tellers = 2;

    static readonly TimeSpan Length = TimeSpan.FromSeconds(4);
    static readonly string[] Stages = ["parse", "enrich", "load"];

    readonly ConcurrentDictionary<string, int> settled = new();
    long told,
        dropped,
        asked;
    volatile bool isOver,
        isDone;

    sealed class Counter(Action<int> count) : UntypedActor
    {
        protected override void OnReceive(object message) => count(((IEnqueueCommand)((Dropped)message).Message).Count);
    }

    [Fact]
    public async Task Buffer_actors_that_crash_under_load_lose_repeat_and_miscount_nothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_SEED"), out var given)
            ? given
            : Environment.TickCount;
        output.WriteLine($"CONVEYOR_SEED={seed}");
        await Configure(
            new()
            {
                MaxTotalRecords = 120,
                MaxPerStage = 60,
                MaxPerSource = 50,
            }
        );
        var counter = Sys.ActorOf(Props.Create(() => new Counter(n => Interlocked.Add(ref dropped, n))));
        Sys.EventStream.Subscribe(counter, typeof(Dropped));

        var producing = Enumerable
            .Range(0, Producers)
            .Select(p => Task.Run(() => p < Tellers ? TellAsync(p, seed + p) : AskAsync(p, seed + p)))
            .ToArray();
        var consuming = Stages.Select(stage => Task.Run(() => SettleAsync(stage))).ToArray();
        var kills = 0;
        var killing = Task.Run(async () =>
        {
            var random = new Random(seed);
            while (!isOver)
            {
                Sys.ActorSelection($"/user/conveyor/core-{random.Next(3)}").Tell(Kill.Instance);
                kills++;
                await Task.Delay(random.Next(1, 6));
            }
        });
        await Task.WhenAny(Task.WhenAll(consuming), Task.Delay(Length));
        isOver = true;
        await Task.WhenAll(producing).WaitAsync(Patience);
        await killing;
        await AwaitAssertAsync(
            () => Assert.Equal(0, Conveyor.BufferActors.Sum(c => c.Depth)),
            Patience,
            TimeSpan.FromMilliseconds(10)
        );
        await Eventually(s => s.Total.Pending == 0);
        isDone = true;
        await Task.WhenAll(consuming).WaitAsync(Patience);

        await AwaitAssertAsync(
            () => Assert.Equal(told + asked, settled.Count + Interlocked.Read(ref dropped)),
            Patience
        );
        Assert.All(settled, s => Assert.Equal(1, s.Value));
        Assert.Equal(0, Conveyor.BufferActors.Sum(c => c.Lost));
        Assert.True((await GetSnapshot()).IsConserved);
        Assert.True(
            kills > 100 && told > 1000 && asked > 100 && dropped > 0,
            $"{kills} kills, {told} told, {asked} asked, {dropped} dropped"
        );
        output.WriteLine($"{kills} kills, {told} told, {asked} asked, {dropped} dropped, {settled.Count} settled");
    }

    /// <summary>
    /// Fire and forget, through a writer or by whatever core; what the door refuses is counted by what is published.
    /// </summary>
    async Task TellAsync(int producer, int seed)
    {
        var random = new Random(seed);
        var door = producer == 0 ? Conveyor.CreateWriter() : Conveyor.Buffers;
        BufferTarget[] targets = [.. Stages.Select(stage => new BufferTarget(Pipeline, stage, $"teller-{producer}"))];
        for (var next = 0; !isOver; )
        {
            var records = Enumerable
                .Range(next, random.Next(1, 12))
                .Select(i => Make($"teller-{producer}:{i:D9}"))
                .ToArray();
            next += records.Length;
            Interlocked.Add(ref told, records.Length);
            var target = targets[random.Next(targets.Length)];
            door.Tell(
                records.Length == 1 ? new Enqueue(target, records[0]) : new EnqueueBatch(target, records),
                ActorRefs.NoSender
            );
            if (random.Next(20) == 0)
                await Task.Delay(1);
        }
    }

    /// <summary>With an answer: what was refused is enqueued again by its sender, until it is taken.</summary>
    async Task AskAsync(int producer, int seed)
    {
        var random = new Random(seed);
        var door = producer == Tellers ? Conveyor.CreateWriter() : Conveyor.Buffers;
        for (var next = 0; !isOver; )
        {
            // Some share their source with a teller: they wait behind its records, or are refused like them.
            BufferTarget target = new(
                Pipeline,
                Stages[random.Next(Stages.Length)],
                random.Next(3) == 0 ? "teller-0" : $"asker-{producer}"
            );
            var records = Enumerable
                .Range(next, random.Next(1, 12))
                .Select(i => Make($"asker-{producer}:{i:D9}"))
                .ToArray();
            next += records.Length;
            Interlocked.Add(ref asked, records.Length);
            for (ReadOnlyMemory<ConveyorRecord> left = records; left.Length > 0; )
            {
                var answer = await door.Ask<EnqueueResult>(new EnqueueBatch(target, left), Patience);
                left = left[answer.Consumed..];
                if (left.Length > 0)
                    await Task.Delay(1);
            }
        }
    }

    async Task SettleAsync(string stage)
    {
        Dictionary<string, string> last = [];
        while (!isDone)
        {
            using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            LeasedBatch batch;
            try
            {
                batch = await Service.GetBatchAsync(
                    Pipeline,
                    stage,
                    new BatchRequest(25) { Wait = true },
                    giveUp.Token
                );
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            foreach (var record in batch.Records)
            {
                var (id, producer) = (record.Record.Id, record.Record.Id[..8]);
                settled.AddOrUpdate(id, 1, static (_, n) => n + 1);
                if (producer is not ("teller-0" or "asker-2" or "asker-3"))
                    continue; // writers, and who waits for each answer
                var line = $"{producer} {record.SourceId}";
                if (last.TryGetValue(line, out var before))
                    Assert.True(string.CompareOrdinal(before, id) < 0, $"{id} after {before} in {stage}");
                last[line] = id;
            }
            Assert.Equal(batch.Count, (await Service.CompleteAsync(Pipeline, stage, batch.Id)).Settled);
        }
    }
}
