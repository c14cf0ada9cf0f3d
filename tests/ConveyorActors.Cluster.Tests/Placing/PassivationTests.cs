using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Placing;

public class PassivationTests
{
    const string Quick = "conveyor { cluster.passivate-after = 200 ms, buffers.idle-after = 200 ms }";

    [Fact]
    public async Task An_empty_pipeline_is_released_and_is_reopened_on_use()
    {
        await using var cluster = await TestCluster.StartAsync(1, Quick);
        var buffers = cluster[0].Buffers;
        await buffers.BufferForStageAsync("kept", "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted);
        await buffers.BufferForStageAsync("emptied", "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted);
        var batch = await buffers.GetBatchAsync("emptied", "s", new(1));
        Assert.True((await buffers.CompleteAsync("emptied", "s", batch.Id)).IsOk);
        await Until.TrueAsync(async () => await EntitiesAsync(cluster[0]) is ["kept"]);
        Assert.Equal(["kept"], await buffers.GetPipelinesAsync());
        Assert.Equal(
            OfferStatus.Accepted,
            (
                await buffers.BufferForStageAsync("emptied", "s", "a", new("2", new byte[] { 1 }), AckLevel.Persisted)
            ).Status
        );
        Assert.Equal(["emptied", "kept"], await EntitiesAsync(cluster[0]));
        Assert.Equal("2", Assert.Single((await buffers.GetBatchAsync("emptied", "s", new(10))).Records).Record.Id);
    }

    [Fact]
    public async Task A_query_about_a_missing_pipeline_does_not_create_one()
    {
        await using var cluster = await TestCluster.StartAsync(1, Quick);
        Assert.Equal(0, (await cluster[0].Buffers.GetSnapshotAsync("nothing")).Total.Pending);
        Assert.Empty(await cluster[0].Buffers.GetPipelinesAsync());
        await Until.TrueAsync(async () => await EntitiesAsync(cluster[0]) is []);
    }

    static async Task<string[]> EntitiesAsync(ClusterNode node)
    {
        var region = Akka.Cluster.Sharding.ClusterSharding.Get(node.System).ShardRegion(ClusterPlacement.TypeName);
        var state = await region.Ask<Akka.Cluster.Sharding.CurrentShardRegionState>(
            Akka.Cluster.Sharding.GetShardRegionState.Instance,
            Until.Patience
        );
        return [.. state.Shards.SelectMany(s => s.EntityIds).Order(StringComparer.Ordinal)];
    }
}
