using ConveyorActors.Actors.Protocol;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class BufferActorTests
{
    [Fact]
    public async Task Records_enqueued_on_one_node_reach_pipelines_on_every_node()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        string[] pipelines = [.. Enumerable.Range(0, 6).Select(i => $"p{i}")];
        var writer = cluster[0].Conveyor.CreateWriter();
        for (var number = 0; number < 20; number++)
            foreach (var pipeline in pipelines)
                writer.Tell(
                    new Enqueue(new(pipeline, "s", "a"), new($"{number}", new byte[] { 1 })),
                    ActorRefs.NoSender
                );
        foreach (var pipeline in pipelines)
        {
            var seen = new List<string>();
            while (seen.Count < 20)
            {
                var batch = await cluster[1]
                    .Buffers.GetBatchAsync(pipeline, "s", new(100) { Wait = true })
                    .AsTask()
                    .WaitAsync(Until.Patience);
                seen.AddRange(batch.Records.Select(r => r.Record.Id));
                await cluster[1].Buffers.CompleteAsync(pipeline, "s", batch.Id);
            }
            Assert.Equal(Enumerable.Range(0, 20).Select(n => $"{n}"), seen);
        }
        Assert.Equal(2, pipelines.Select(cluster.OwnerOf).Distinct().Count());
    }
}
