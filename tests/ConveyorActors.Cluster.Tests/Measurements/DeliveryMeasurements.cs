using System.Diagnostics;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Cluster.Tests.Measurements;

/// <summary>
/// Offers through the region, acknowledged when the journal has them, against Akka.Cluster.Sharding.Delivery with its
/// event-sourced queue: in one process, on one journal, in the same rounds, with the same records of 256 bytes. The
/// rival's queue is one for each producer, however many entities there are (8 here); the offers go to one pipeline, and
/// to 8, each of which has events of its own. CONVEYOR_MEASURE_ROUNDS says how many rounds (default 3).
/// </summary>
public sealed class DeliveryMeasurements(ITestOutputHelper output)
{
    const int Entities = 8;
    static readonly byte[] Payload = new byte[256];
    static readonly int[] Bursts = [200, 1_000, 3_000, 6_000];

    const int WarmUps = 4;

    long last,
        sent = WarmUps * 200;

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
        // Nothing is refused because the machine is busy; everything else is as it is shipped.
        const string settings = """
            conveyor {
              ask-timeout = 300 s
              buffers { max-total-records = 1000000, max-per-stage = 1000000, max-per-source = 1000000 }
              journal { refuse-after = 60 s, delete-after = 60 s, retry { first = 100 ms, max = 2 s } }
            }
            akka.persistence.journal.sql.circuit-breaker.call-timeout = 60 s
            """;
        await using var node = new ClusterNode(database, settings);
        await node.JoinAsync(node);
        var rival = await DeliveryRival.StartAsync(node.System);
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_MEASURE_ROUNDS"), out var given)
            ? given
            : 3;
        // Both go on until they are as fast as they will be: all entities are there, and their code is compiled.
        for (var i = 0; i < WarmUps; i++)
        {
            await BurstAsync(6_000, (to, r) => OfferAsync(node, to, r));
            await BurstAsync(6_000, (_, r) => OfferAsync(node, "e0", r));
            await DrainAsync(node);
            await BurstAsync(200, rival.SendAsync);
        }
        var rates = Bursts.ToDictionary(
            b => b,
            _ => (One: new List<double>(), Many: new List<double>(), Theirs: new List<double>())
        );
        for (var round = 0; round < rounds; round++)
        {
            foreach (var burst in Bursts)
            {
                var first = last + 1;
                var one = await BurstAsync(burst, (_, r) => OfferAsync(node, "e0", r));
                Assert.Equal((burst, Sum(first, last)), await DrainAsync(node));
                first = last + 1;
                var many = await BurstAsync(burst, (to, r) => OfferAsync(node, to, r));
                Assert.Equal((burst, Sum(first, last)), await DrainAsync(node));
                await Until.TrueAsync(() => rival.Received.Value.Count == sent);
                var before = rival.Received.Value;
                first = last + 1;
                var theirs = await BurstAsync(burst, rival.SendAsync);
                await Until.TrueAsync(() => rival.Received.Value.Count == before.Count + burst);
                Assert.Equal(Sum(first, last), rival.Received.Value.Total - before.Total);
                rates[burst].One.Add(one);
                rates[burst].Many.Add(many);
                rates[burst].Theirs.Add(theirs);
                sent += burst;
            }
        }
        output.WriteLine(
            "burst | offers to one pipeline | to 8 pipelines | Delivery with its durable queue | one : Delivery (lowest to highest) | 8 : Delivery"
        );
        foreach (var (burst, (one, many, theirs)) in rates)
            output.WriteLine(
                $"{burst} | {Median(one):N0}/s | {Median(many):N0}/s | {Median(theirs):N0}/s | {Ratio(one, theirs)} | {Ratio(many, theirs)}"
            );
    }

    async Task<double> BurstAsync(int burst, Func<string, ConveyorRecord, Task> send)
    {
        var began = Stopwatch.GetTimestamp();
        var all = new Task[burst];
        for (var i = 0; i < burst; i++)
            all[i] = send($"e{i % Entities}", new ConveyorRecord($"{++last}", Payload));
        await Task.WhenAll(all);
        return burst / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    static async Task OfferAsync(ClusterNode node, string pipeline, ConveyorRecord record)
    {
        var offered = await node.Buffers.BufferForStageAsync(pipeline, "s", "a", record, AckLevel.Persisted);
        Assert.Equal(OfferStatus.Accepted, offered.Status);
    }

    static async Task<(int Count, long Sum)> DrainAsync(ClusterNode node)
    {
        var (count, sum) = (0, 0L);
        for (var i = 0; i < Entities; i++)
        {
            while (await node.Buffers.GetBatchAsync($"e{i}", "s", new BatchRequest(10_000)) is { Count: > 0 } lease)
            {
                foreach (var record in lease.Records)
                    (count, sum) = (count + 1, sum + long.Parse(record.Record.Id));
                await node.Buffers.CompleteAsync($"e{i}", "s", lease.Id);
            }
        }
        return (count, sum);
    }

    static long Sum(long first, long last) => (first + last) * (last - first + 1) / 2;

    static string Ratio(List<double> ours, List<double> theirs)
    {
        var ratios = ours.Zip(theirs, (a, b) => a / b).ToList();
        return $"{Median(ratios):F0} ({ratios.Min():F0} to {ratios.Max():F0})";
    }

    static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2);
}
