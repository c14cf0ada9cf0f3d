using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class PipelineListTests
{
    const string Client =
        """akka.cluster.roles = ["client"], conveyor { persistence = off, cluster.role = "pipelines" }""";
    const string Owner = """akka.cluster.roles = ["pipelines"], conveyor.cluster.role = "pipelines" """;

    static readonly string[] Pipelines = [.. Enumerable.Range(0, 8).Select(i => $"p{i}")];

    [Fact]
    public async Task Every_node_and_client_lists_each_pipeline_of_the_cluster_once()
    {
        await using var cluster = await TestCluster.StartAsync(2, Owner);
        var client = await cluster.AddAsync(Client);
        foreach (var name in Pipelines)
            Assert.True(
                (
                    await client.Buffers.BufferForStageAsync(
                        name,
                        "s",
                        "a",
                        new("1", new byte[] { 1 }),
                        AckLevel.Persisted
                    )
                ).IsAccepted
            );
        foreach (var node in cluster.Nodes)
            Assert.Equal(Pipelines, await node.Buffers.GetPipelinesAsync());
        Assert.Equal(0, (await client.Buffers.GetSnapshotAsync("only asked about")).Total.Pending);
        foreach (var node in cluster.Nodes)
            Assert.Equal(Pipelines, await node.Buffers.GetPipelinesAsync());
    }

    [Fact]
    public async Task Remembered_pipelines_are_listed_after_a_full_restart_without_a_call_to_them()
    {
        await using var cluster = await TestCluster.StartAsync(2, Owner);
        foreach (var name in Pipelines)
            Assert.True(
                (
                    await cluster[0]
                        .Buffers.BufferForStageAsync(name, "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted)
                ).IsAccepted
            );
        var before = cluster.Nodes.ToArray();
        foreach (var node in before)
            await node.LeaveAsync();
        await cluster.AddAsync(Owner);
        var client = await cluster.AddAsync(Client);
        await Until.TrueAsync(async () => Pipelines.SequenceEqual(await client.Buffers.GetPipelinesAsync()));
    }

    [Fact]
    public async Task The_other_nodes_list_the_pipelines_of_a_node_that_has_left()
    {
        await using var cluster = await TestCluster.StartAsync(2, Owner);
        foreach (var name in Pipelines)
            Assert.True(
                (
                    await cluster[0]
                        .Buffers.BufferForStageAsync(name, "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted)
                ).IsAccepted
            );
        await cluster[1].LeaveAsync();
        await Until.TrueAsync(async () => Pipelines.SequenceEqual(await cluster[0].Buffers.GetPipelinesAsync()));
    }
}
