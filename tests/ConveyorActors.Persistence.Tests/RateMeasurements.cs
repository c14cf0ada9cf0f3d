using System.Diagnostics;
using Akka.Persistence;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests;

/// <summary>
/// Acknowledged offers per second, against an event for each record in the same journal and the same run.
/// </summary>
public sealed class RateMeasurements(ITestOutputHelper output)
{
    static readonly int[] Bursts = [200, 1_000, 3_000, 6_000];
    static readonly byte[] Payload = new byte[256];

    [MeasureFact]
    public async Task On_SQLite()
    {
        using var database = new SqliteDatabase();
        await MeasureAsync(database);
    }

    [MeasureFact]
    public async Task On_PostgreSQL()
    {
        if (PostgresServer.Binaries is null)
            return;
        using var server = new PostgresServer();
        using var database = server.CreateDatabase();
        await MeasureAsync(database);
    }

    async Task MeasureAsync(Database database)
    {
        // Nothing is refused because the machine is busy. Snapshots are taken and events deleted as often as shipped,
        // also in a measurement, which is short.
        await using var node = new JournalNode(
            database,
            "conveyor.buffers { max-total-records = 1000000, max-per-stage = 1000000, max-per-source = 1000000 }\nconveyor.journal.refuse-after = 60 s"
        );
        await using var pipeline = await node.Storage().OpenedAsync("bare");
        await MeasureBurstsAsync(node, pipeline);
        await MeasureBatchesAsync(node, pipeline);
        await MeasureSnapshotsAsync(node, pipeline);
    }

    async Task MeasureBurstsAsync(JournalNode node, IBufferService pipeline)
    {
        var each = node.System.ActorOf(Props.Create(() => new EventForEach()));
        // All go on until they are as fast as they will be.
        for (var i = 0; i < 4; i++)
        {
            await RateAsync(6_000, number => OfferAsync(pipeline, "bare", number));
            await RateAsync(6_000, number => OfferAsync(node.Buffers, "p", number));
            await RateAsync(6_000, number => each.Ask<object>(Make(number), TimeSpan.FromSeconds(60)));
            await DrainAsync(pipeline, "bare");
            await DrainAsync(node.Buffers, "p");
        }
        output.WriteLine(
            "burst | acknowledged offers of one record: gathered | through the actors | an event each | gathered : each (through the actors : each)"
        );
        var rates = Bursts.ToDictionary(
            b => b,
            _ => (Gathered: new List<double>(), Actors: new List<double>(), Alone: new List<double>())
        );
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var burst in Bursts)
            {
                rates[burst].Gathered.Add(await RateAsync(burst, i => OfferAsync(pipeline, "bare", i)));
                Assert.Equal((burst, Sum(burst)), await DrainAsync(pipeline, "bare"));
                rates[burst].Actors.Add(await RateAsync(burst, i => OfferAsync(node.Buffers, "p", i)));
                Assert.Equal((burst, Sum(burst)), await DrainAsync(node.Buffers, "p"));
                rates[burst]
                    .Alone.Add(await RateAsync(burst, i => each.Ask<object>(Make(i), TimeSpan.FromSeconds(60))));
            }
        }
        foreach (var (burst, (gathered, actors, alone)) in rates)
            output.WriteLine(
                $"{burst} | {Median(gathered):N0}/s | {Median(actors):N0}/s | {Median(alone):N0}/s | {Ratio(gathered, alone)} ({Ratio(actors, alone)})"
            );
        output.WriteLine(
            $"burst of 6,000 : burst of 200, per record: {Ratio(rates[6_000].Gathered, rates[200].Gathered)} (through the actors {Ratio(rates[6_000].Actors, rates[200].Actors)})"
        );
    }

    /// <summary>
    /// Offers of whole batches against a journal that is written events of the same size, one actor each, the same
    /// settings.
    /// </summary>
    async Task MeasureBatchesAsync(JournalNode node, IBufferService pipeline)
    {
        var journal = node.System.ActorOf(Props.Create(() => new BareJournal()));
        foreach (var batch in new[] { 64, 256 })
        {
            var (events, records) = (40_000 / batch, Enumerable.Range(0, batch).Select(Make).ToArray());
            var bytes = new byte[batch * (Payload.Length + 8)];
            var (ours, bare) = (new List<double>(), new List<double>());
            for (var round = 0; round <= Rounds; round++)
            {
                var rate = batch * await RateAsync(events, i => OfferAsync(pipeline, "bare", i, records));
                Assert.Equal((events * batch, events * Sum(batch)), await DrainAsync(pipeline, "bare"));
                var theirs = batch * await RateAsync(events, _ => journal.Ask<object>(bytes, TimeSpan.FromSeconds(60)));
                if (round == 0)
                    continue; // the first one starts things
                ours.Add(rate);
                bare.Add(theirs);
            }
            output.WriteLine(
                $"batches of {batch}: {Median(ours):N0} records/s | bare journal {Median(bare):N0} records/s | {Ratio(ours, bare)}"
            );
        }
    }

    /// <summary>With snapshots and deletions at the shipped sizes against none of them, 32 MB each.</summary>
    async Task MeasureSnapshotsAsync(JournalNode node, IBufferService with)
    {
        await using var without = await node.Storage(s => s with { SnapshotAfter = 1 << 30 }).OpenedAsync("without");
        var records = Enumerable.Range(0, 256).Select(Make).ToArray();
        var (on, off) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            on.Add(256 * await RateAsync(Passes, i => GoThroughAsync(with, "bare", records), 8));
            off.Add(256 * await RateAsync(Passes, i => GoThroughAsync(without, "without", records), 8));
        }
        output.WriteLine(
            $"with snapshots and deletions {Median(on):N0} records/s | without {Median(off):N0} records/s | {Ratio(on, off)}"
        );
    }

    const int Passes = 480;

    static async Task GoThroughAsync(IBufferService pipeline, string name, ConveyorRecord[] records)
    {
        await OfferAsync(pipeline, name, 0, records);
        var lease = await pipeline.GetBatchAsync(name, "s", new BatchRequest(records.Length));
        if (lease.Count > 0)
            await pipeline.CompleteAsync(name, "s", lease.Id);
    }

    static async Task OfferAsync(IBufferService service, string pipeline, int number) =>
        Assert.Equal(
            OfferStatus.Accepted,
            (
                await service.BufferForStageAsync(pipeline, "s", $"a{number % 8}", Make(number), AckLevel.Persisted)
            ).Status
        );

    static async Task OfferAsync(IBufferService service, string pipeline, int number, ConveyorRecord[] records) =>
        Assert.Equal(
            (OfferStatus.Accepted, records.Length),
            await ResultAsync(
                service.BufferBatchForStageAsync(pipeline, "s", $"a{number % 8}", records, AckLevel.Persisted)
            )
        );

    static async Task<(OfferStatus, int)> ResultAsync(ValueTask<OfferResult> offering)
    {
        var result = await offering;
        return (result.Status, result.Accepted);
    }

    static async Task<double> RateAsync(int burst, Func<int, Task> offer)
    {
        var began = Stopwatch.GetTimestamp();
        var all = new Task[burst];
        for (var i = 0; i < burst; i++)
            all[i] = offer(i);
        await Task.WhenAll(all);
        return burst / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>The same with so many at a time.</summary>
    static async Task<double> RateAsync(int count, Func<int, Task> work, int atATime)
    {
        var (began, next) = (Stopwatch.GetTimestamp(), -1);
        await Task.WhenAll(
            Enumerable
                .Range(0, atATime)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                            await work(i);
                    })
                )
        );
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Takes everything out; returns how many records there were and the sum of their numbers.</summary>
    static async Task<(int Count, long Sum)> DrainAsync(IBufferService service, string pipeline)
    {
        var (count, sum) = (0, 0L);
        while (await service.GetBatchAsync(pipeline, "s", new BatchRequest(10_000)) is { Count: > 0 } lease)
        {
            foreach (var record in lease.Records)
                (count, sum) = (count + 1, sum + long.Parse(record.Record.Id[1..]));
            await service.CompleteAsync(pipeline, "s", lease.Id);
        }
        return (count, sum);
    }

    static long Sum(long count) => count * (count - 1) / 2;

    static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_MEASURE_ROUNDS"), out var given) ? given : 5;

    /// <summary>The median of the ratios within each round, because machines change their pace.</summary>
    static string Ratio(List<double> ours, List<double> theirs) =>
        $"{Median([.. ours.Zip(theirs, (a, b) => a / b)]):F2}";

    static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2);

    static ConveyorRecord Make(int number) => new($"r{number}", Payload);

    /// <summary>
    /// What a persistent actor usually does: an event for each command, and the reply when it is written.
    /// </summary>
    sealed class EventForEach : UntypedPersistentActor
    {
        public override string PersistenceId => "rival";

        protected override void OnRecover(object message) { }

        protected override void OnCommand(object message)
        {
            if (message is not ConveyorRecord record)
                return;
            var sender = Sender;
            PersistAsync(record, _ => sender.Tell(this));
        }
    }

    /// <summary>A journal that is written bytes, as fast as Akka.Persistence does it.</summary>
    sealed class BareJournal : UntypedPersistentActor
    {
        public override string PersistenceId => "bytes";

        protected override void OnRecover(object message) { }

        protected override void OnCommand(object message)
        {
            if (message is not byte[] bytes)
                return;
            var sender = Sender;
            PersistAsync(bytes, _ => sender.Tell(this));
        }
    }
}
