using System.Collections.Concurrent;
using ConveyorActors.Actors.Consuming;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class ConsumerTests
{
    [Fact]
    public async Task A_consumer_actor_continues_when_its_pipeline_moves()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await cluster[0]
            .Buffers.BufferForStageAsync("orders", "s", "a", new("0", new byte[] { 1 }), AckLevel.Persisted);
        var owner = cluster.OwnerOf("orders")!;
        var node = cluster.Nodes.First(n => n != owner);
        var seen = new ConcurrentDictionary<string, int>();
        node.System.ActorOf(
            BufferConsumerActor.Props(
                node.Buffers,
                new("orders", "s"),
                record =>
                {
                    seen.AddOrUpdate(record.Record.Id, 1, static (_, n) => n + 1);
                    return RecordResult.Completed;
                }
            )
        );
        await Until.TrueAsync(() => seen.ContainsKey("0"));
        await owner.LeaveAsync();
        await node.Buffers.BufferForStageAsync("orders", "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted);
        await Until.TrueAsync(() => seen.ContainsKey("1"));
        await Until.TrueAsync(async () => (await node.Buffers.GetSnapshotAsync("orders")).Total.Pending == 0);
    }
}
