// Three nodes of a cluster have six pipelines between them, with their records in one journal. A node leaves in the
// middle of the work; its pipelines go on at the other nodes, and every order is packed. (Here the nodes are actor systems
// of one process; on three machines only their addresses differ.)
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Buffers;
using ConveyorActors.Cluster;
using Microsoft.Data.Sqlite;

const int orders = 40;
string[] shops = ["berlin", "lagos", "lima", "oslo", "pune", "quito"];
var folder = Directory.CreateTempSubdirectory("sharded-pipelines-");
var journal = $"Data Source={Path.Combine(folder.FullName, "journal.db").Replace('\\', '/')}"; // HOCON escapes by \
using (var file = new SqliteConnection(journal))
{
    file.Open();
    new SqliteCommand("PRAGMA journal_mode = WAL", file).ExecuteNonQuery();
}

var nodes = Enumerable.Range(0, 3).Select(_ => StartNode()).ToArray();
foreach (var node in nodes)
    await Cluster.Get(node).JoinAsync(Cluster.Get(nodes[0]).SelfAddress);
await Until(() => nodes.All(n => Cluster.Get(n).State.Members.Count(m => m.Status == MemberStatus.Up) == 3));
Console.WriteLine($"{nodes.Length} nodes are up");

// The buffer service of any node reaches all pipelines, also those on other nodes.
var buffers = ConveyorSystem.Get(nodes[2]).Service;
await ProduceAsync(1, orders / 2);
Console.WriteLine($"{shops.Length * orders / 2} orders are in the journal");

var packed = new ConcurrentDictionary<string, string>();
var packing = Task.WhenAll(shops.Select(PackAsync));
var leaving = nodes[0].Terminate(); // hands its pipelines over, and leaves the cluster
await ProduceAsync(orders / 2 + 1, orders);
await leaving;
await Until(() => Cluster.Get(nodes[2]).State.Members.Count == 2);
Console.WriteLine("a node has left, while orders came in and were packed");

await packing;
foreach (var shop in packed.GroupBy(order => order.Value).OrderBy(shop => shop.Key))
    Console.WriteLine($"{shop.Key}: {shop.Count()} orders packed");
var snapshots = await Task.WhenAll(shops.Select(shop => buffers.GetSnapshotAsync(shop).AsTask()));
Console.WriteLine($"{snapshots.Sum(s => s.Total.Pending)} are left; adds up: {snapshots.All(s => s.IsConserved)}");
await Task.WhenAll(nodes.Select(node => node.Terminate()));
SqliteConnection.ClearAllPools();
folder.Delete(recursive: true);

ActorSystem StartNode()
{
    var plugin = $"""connection-string = "{journal}", provider-name = "SQLite.MS" """;
    var config = ConfigurationFactory.ParseString(
        $$"""
        akka { loglevel = OFF, stdout-loglevel = OFF, remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 } }
        akka.persistence.journal { plugin = "akka.persistence.journal.sql", sql { {{plugin}}, tag-write-mode = Csv } }
        akka.persistence.journal.sql.class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
        akka.persistence.snapshot-store { plugin = "akka.persistence.snapshot-store.sql", sql { {{plugin}} } }
        akka.persistence.snapshot-store.sql.class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
        conveyor { persistence = on, ask-timeout = 60 s, cluster { enabled = on, shards = 12 } }
        """
    );
    var system = ActorSystem.Create("shop", config.WithFallback(ClusterConfig.Balanced));
    ConveyorSystem.Get(system);
    return system;
}

async Task ProduceAsync(int first, int last)
{
    foreach (var shop in shops)
    foreach (var number in Enumerable.Range(first, last - first + 1))
    {
        var order = new ConveyorRecord($"{shop}-{number}", default);
        while (!(await buffers.BufferForStageAsync(shop, "pack", "web", order, AckLevel.Persisted)).IsAccepted)
            await Task.Delay(10);
    }
}

async Task PackAsync(string shop)
{
    for (var done = false; !done; )
    {
        try
        {
            var batch = await buffers.GetBatchAsync(shop, "pack", new(10));
            foreach (var order in batch.Records)
                packed[order.Record.Id] = shop; // an order that comes twice is packed once
            await buffers.CompleteAsync(shop, "pack", batch.Id);
            var pending = (await buffers.GetSnapshotAsync(shop)).Total.Pending;
            done = pending == 0 && packed.Values.Count(s => s == shop) == orders;
        }
        catch (BufferServiceException)
        {
            // The pipeline moves: what was leased comes again.
        }
        await Task.Delay(10);
    }
}

static async Task Until(Func<bool> condition)
{
    while (!condition())
        await Task.Delay(20);
}
