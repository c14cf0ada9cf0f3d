using System.Diagnostics;
using Akka.Persistence;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests;

/// <summary>Runs when CONVEYOR_JOURNAL_MEASURE is set; prints rates, and asserts none of them.</summary>
public sealed class MeasureFactAttribute : FactAttribute
{
    public MeasureFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CONVEYOR_JOURNAL_MEASURE") is null) Skip = "set CONVEYOR_JOURNAL_MEASURE=1 to measure";
    }
}

/// <summary>Acknowledged offers per second, against an event for each record in the same journal and the same run.</summary>
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
        if (PostgresServer.Binaries is null) return;
        using var server = new PostgresServer();
        using var database = server.CreateDatabase();
        await MeasureAsync(database);
    }

    async Task MeasureAsync(Database database)
    {
        await using var node = new JournalNode(database, "conveyor.buffers { max-total-records = 1000000, max-per-stage = 1000000, max-per-source = 1000000 }\nconveyor.journal.refuse-after = 60 s");
        var each = node.System.ActorOf(Props.Create(() => new EventForEach()));
        await using var pipeline = await node.Storage().OpenedAsync("bare");
        output.WriteLine("burst | acknowledged offers of one record: gathered | through the actors | an event each | gathered : each");
        foreach (var burst in Bursts.Prepend(500))
        {
            var (gathered, actors, alone) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < 5; round++)
            {
                gathered.Add(await RateAsync(burst, i => pipeline.BufferForStageAsync("bare", "s", $"a{i % 8}", Make(i), Receipt.Disk).AsTask()));
                actors.Add(await RateAsync(burst, i => node.Buffers.BufferForStageAsync("p", "s", $"a{i % 8}", Make(i), Receipt.Disk).AsTask()));
                alone.Add(await RateAsync(burst, i => each.Ask<object>(Make(i), TimeSpan.FromSeconds(60))));
                await DrainAsync(pipeline, "bare");
                await DrainAsync(node.Buffers, "p");
            }
            output.WriteLine($"{burst} | {Median(gathered):N0}/s | {Median(actors):N0}/s | {Median(alone):N0}/s | {Median(gathered) / Median(alone):F1} (through actors {Median(actors) / Median(alone):F1})");
        }
        foreach (var batch in new[] { 64, 256 })
        {
            var rates = new List<double>();
            for (var round = 0; round < 5; round++)
            {
                var records = Enumerable.Range(0, batch).Select(Make).ToArray();
                rates.Add(batch * await RateAsync(40_000 / batch, i => pipeline.BufferBatchForStageAsync("bare", "s", $"a{i % 8}", records, Receipt.Disk).AsTask()));
                await DrainAsync(pipeline, "bare");
            }
            output.WriteLine($"batches of {batch}: {Median(rates):N0} records/s");
        }
    }

    static async Task<double> RateAsync(int burst, Func<int, Task> offer)
    {
        var began = Stopwatch.GetTimestamp();
        var all = new Task[burst];
        for (var i = 0; i < burst; i++) all[i] = offer(i);
        await Task.WhenAll(all);
        return burst / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    static async Task DrainAsync(IBufferService service, string pipeline)
    {
        while (await service.GetBatchAsync(pipeline, "s", new BatchRequest(10_000)) is { Count: > 0 } lease) await service.CompleteAsync(pipeline, "s", lease.Id);
    }

    static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2);

    static ConveyorRecord Make(int number) => new($"r{number}", Payload);

    /// <summary>What a persistent actor usually does: an event for each command, and the reply when it is written.</summary>
    sealed class EventForEach : UntypedPersistentActor
    {
        public override string PersistenceId => "rival";

        protected override void OnRecover(object message) { }

        protected override void OnCommand(object message)
        {
            if (message is not ConveyorRecord record) return;
            var sender = Sender;
            PersistAsync(record, _ => sender.Tell(this));
        }
    }
}
