using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster.Tests.Placing;

public class PipelineHashTests
{
    [Theory]
    [InlineData("", 100, 89)]
    [InlineData("orders", 100, 6)]
    [InlineData("Aufträge", 100, 95)]
    [InlineData("pipeline-1", 12, 3)]
    public void A_pipeline_has_the_same_shard_in_every_version(string pipeline, int shards, int shard) =>
        Assert.Equal(shard, PipelineHash.GetShard(pipeline, shards));

    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    public void Names_that_differ_in_a_number_spread_over_all_shards(int shards)
    {
        var counts = new int[shards];
        for (var i = 0; i < shards * 100; i++)
            counts[PipelineHash.GetShard($"pipeline-{i}", shards)]++;
        Assert.All(counts, count => Assert.InRange(count, 50, 170));
    }
}
