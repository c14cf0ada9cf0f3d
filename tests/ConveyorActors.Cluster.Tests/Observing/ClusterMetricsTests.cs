using ConveyorActors.Cluster.Placing;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Persistence.Tests.Observing;

namespace ConveyorActors.Cluster.Tests.Observing;

/// <summary>What the meter says of the pipelines of a node.</summary>
public class ClusterMetricsTests
{
    [Fact]
    public void Pipelines_are_counted_by_shard_as_they_come_and_go()
    {
        var other = Enumerable.Range(0, 100).Select(i => $"b{i}").First(name => ShardOf(name) != ShardOf("a"));
        var system = $"shards-{Guid.NewGuid():N}";
        using var metrics = new ClusterMetrics(system, "akka.tcp://shop@host:1", 7);
        using var measured = new Measured(
            "conveyor.cluster.",
            tags =>
                tags.GetValueOrDefault("system") == system && tags.GetValueOrDefault("node") == "akka.tcp://shop@host:1"
        );
        Assert.Empty(measured.Now());
        var (a, b) = (ShardOf("a"), ShardOf(other));
        metrics.Take("a");
        metrics.Take("a"); // told twice, it counts once
        metrics.Take(other);
        metrics.Leave(other, isPassivated: true);
        metrics.Take(other);
        metrics.Leave(other, isPassivated: false, TimeSpan.FromSeconds(2));
        metrics.Leave(other, isPassivated: false);
        metrics.Leave("c", isPassivated: false);
        var now = measured.Now();
        Assert.Equal(
            (1.0, 0.0),
            (now[$"conveyor.cluster.pipelines shard={a}"], now[$"conveyor.cluster.pipelines shard={b}"])
        );
        Assert.Equal((1.0, 2.0), (now[$"conveyor.cluster.taken shard={a}"], now[$"conveyor.cluster.taken shard={b}"]));
        Assert.Equal(
            (1.0, 1.0),
            (now[$"conveyor.cluster.handed_over shard={b}"], now[$"conveyor.cluster.passivated shard={b}"])
        );
        Assert.Equal(1, now[$"conveyor.cluster.pipeline shard={a} pipeline=a"]);
        Assert.DoesNotContain($"conveyor.cluster.pipeline shard={b} pipeline={other}", now.Keys);
        Assert.Equal([2.0], measured.Told("conveyor.cluster.hand_over_time"));
        Assert.All(
            measured.Instruments.Values,
            i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name)
        );
    }

    [Fact]
    public async Task A_move_is_reported_on_the_old_and_the_new_node()
    {
        var pipeline = $"moved-{Guid.NewGuid():N}";
        await using var cluster = await TestCluster.StartAsync(2);
        using var measured = new Measured(
            "conveyor.cluster.",
            tags =>
                tags.GetValueOrDefault("shard") == $"{PipelineHash.GetShard(pipeline, 12)}"
                && tags.GetValueOrDefault("node", "").StartsWith("akka.tcp://cluster@", StringComparison.Ordinal)
        );
        await cluster[0]
            .Buffers.BufferForStageAsync(pipeline, "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted)
            .AsTask()
            .WaitAsync(Until.Patience);
        var shard = PipelineHash.GetShard(pipeline, 12);
        Assert.Equal(
            (1.0, 1.0),
            (
                measured.Now()[$"conveyor.cluster.pipelines shard={shard}"],
                measured.Now()[$"conveyor.cluster.pipeline shard={shard} pipeline={pipeline}"]
            )
        );
        var owner = cluster.OwnerOf(pipeline)!;
        await owner.LeaveAsync();
        var other = cluster.Nodes.First(n => n != owner);
        Assert.Single(await other.Buffers.PeekAsync(pipeline, "s", 10).AsTask().WaitAsync(Until.Patience));
        await Until.TrueAsync(() =>
            measured.Now().TryGetValue($"conveyor.cluster.taken shard={shard}", out var taken) && taken >= 1
        );
        Assert.Equal(1, measured.Now()[$"conveyor.cluster.pipeline shard={shard} pipeline={pipeline}"]);
        Assert.NotEmpty(measured.Told("conveyor.cluster.hand_over_time"));
    }

    static int ShardOf(string pipeline) => PipelineHash.GetShard(PipelineExtractor.GetEntityId(pipeline), 7);
}
