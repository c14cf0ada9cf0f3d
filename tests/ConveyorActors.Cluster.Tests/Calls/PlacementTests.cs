using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class PlacementTests
{
    [Fact]
    public async Task Pipelines_are_spread_and_reached_from_every_node()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        string[] names = [.. Enumerable.Range(0, 8).Select(i => $"p{i}")];
        foreach (var name in names)
            Assert.Equal(
                OfferStatus.Accepted,
                (
                    await cluster[0]
                        .Buffers.BufferForStageAsync(name, "s", "a", new("1", new byte[] { 1 }), AckLevel.Persisted)
                ).Status
            );
        Assert.All(names, name => Assert.NotNull(cluster.OwnerOf(name)));
        Assert.Equal(2, names.Select(cluster.OwnerOf).Distinct().Count());
        foreach (var node in cluster.Nodes)
            Assert.Equal(names, await node.Buffers.GetPipelinesAsync());
        foreach (var name in names)
        {
            var batch = await cluster[1].Buffers.GetBatchAsync(name, "s", new(10));
            Assert.Equal("1", Assert.Single(batch.Records).Record.Id);
            Assert.Equal(1, (await cluster[1].Buffers.CompleteAsync(name, "s", batch.Id)).Settled);
        }
    }

    [Fact]
    public async Task Pipelines_whose_names_differ_in_half_a_surrogate_pair_stay_separate()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        string[] names = ["a\uD800", "a\uD801", "a\uDFFF"];
        foreach (var name in names)
            Assert.Equal(
                OfferStatus.Accepted,
                (
                    await cluster[0].Buffers.BufferForStageAsync(name, "s", "a", new(name, default), AckLevel.Persisted)
                ).Status
            );
        foreach (var name in names)
        {
            Assert.NotNull(cluster.OwnerOf(name));
            foreach (var node in cluster.Nodes)
                Assert.Equal(name, Assert.Single(await node.Buffers.PeekAsync(name, "s", 10)).Record.Id);
        }
    }

    [Fact]
    public async Task A_command_with_an_invalid_pipeline_name_is_refused_at_once()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var pipelines = cluster[0].Conveyor.Pipelines;
        foreach (var name in new[] { "", new string('x', 201), "a\nb", null! })
        {
            foreach (
                IPipelineCommand command in new IPipelineCommand[]
                {
                    new GetSnapshot(name),
                    new GetBatch(name, "s", new(1)),
                }
            )
            {
                var wrong = await Assert.ThrowsAsync<BufferServiceException>(() =>
                    pipelines.Ask<IConveyorReply>(command, Until.Patience)
                );
                Assert.Contains("; it must be a name of 1 to 200 characters", wrong.Message, StringComparison.Ordinal);
            }
        }
        Assert.Empty(await cluster[0].Buffers.GetPipelinesAsync());
    }
}
