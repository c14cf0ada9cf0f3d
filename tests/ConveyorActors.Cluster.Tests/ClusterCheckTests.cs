using Akka.Configuration;
using ConveyorActors.Cluster.Tests.Wire;

namespace ConveyorActors.Cluster.Tests;

public class ClusterCheckTests
{
    [Fact]
    public void Both_profiles_pass_the_check()
    {
        ClusterCheck.Check(ClusterConfig.Balanced);
        ClusterCheck.Check(ClusterConfig.Fast);
        Assert.Equal(
            TimeSpan.FromSeconds(3),
            ClusterConfig.Balanced.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after")
        );
        Assert.Equal(
            TimeSpan.FromSeconds(1.5),
            ClusterConfig.Fast.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after")
        );
        Assert.Equal(
            TimeSpan.FromMilliseconds(100),
            ClusterConfig.Fast.GetTimeSpan("akka.cluster.down-removal-margin")
        );
    }

    [Fact]
    public void A_restarted_first_seed_node_looks_for_the_others_for_longer_than_the_cluster_tolerates_their_silence()
    {
        var node = ConfigurationFactory.ParseString(
            File.ReadAllText(Path.Combine(OutsideMessageTests.Root, "hocon", "node.conf"))
        );
        foreach (var profile in new[] { ClusterConfig.Balanced, ClusterConfig.Fast })
            Assert.True(
                node.GetTimeSpan("akka.cluster.seed-node-timeout")
                    > profile.GetTimeSpan("akka.cluster.failure-detector.acceptable-heartbeat-pause")
                        + profile.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after")
            );
    }

    [Theory]
    [InlineData("distributed-data.majority-min-cap", 2)]
    [InlineData("coordinator-state.write-majority-plus", 0)]
    [InlineData("coordinator-state.read-majority-plus", 0)]
    public void A_fail_over_step_waits_for_two_of_three_nodes_and_not_for_all(string key, int nodes)
    {
        foreach (var profile in new[] { ClusterConfig.Balanced, ClusterConfig.Fast })
            Assert.Equal(nodes, profile.GetInt($"akka.cluster.sharding.{key}"));
    }

    [Theory]
    [InlineData("akka.actor.provider = remote", "akka.actor.provider is remote")]
    [InlineData("akka.cluster.downing-provider-class = \"\"", "downing-provider-class is not set")]
    [InlineData("akka.cluster.split-brain-resolver.active-strategy = keep-oldest", "active-strategy is keep-oldest")]
    [InlineData("akka.cluster.split-brain-resolver.active-strategy = off", "active-strategy is off")]
    [InlineData("akka.cluster.sharding.remember-entities-store = ddata", "remember-entities-store is ddata")]
    [InlineData("akka.cluster.sharding.distributed-data.durable.keys = [\"shard-*\"]", "durable.keys is not empty")]
    public void A_setting_that_would_lose_pipelines_is_named(string hocon, string named)
    {
        var wrong = Assert.Throws<ConfigurationException>(() =>
            ClusterCheck.Check(ConfigurationFactory.ParseString(hocon).WithFallback(ClusterConfig.Balanced))
        );
        Assert.Contains(named, wrong.Message);
    }
}
