using ConveyorActors.Actors.Service;
using ConveyorActors.Cluster.Calls;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class HoldTests
{
    const string Pipeline = "orders",
        Stage = "s",
        Source = "a";

    [Fact]
    public async Task A_source_paused_from_any_node_stays_paused_when_its_pipeline_moves()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, Source, new("1", default), AckLevel.Persisted);
        var owner = cluster.OwnerOf(Pipeline)!;
        var other = cluster.Nodes.First(n => n != owner);
        Assert.True(await other.Buffers.PauseAsync(Pipeline, HoldTarget.Source, Source));
        Assert.Equal(
            OfferStatus.Held,
            (await owner.Buffers.BufferForStageAsync(Pipeline, Stage, Source, new("2", default))).Status
        );

        await owner.LeaveAsync();

        Assert.Equal(
            OfferStatus.Held,
            (await other.Buffers.BufferForStageAsync(Pipeline, Stage, Source, new("2", default))).Status
        );
        Assert.True(await other.Buffers.ResumeAsync(Pipeline, HoldTarget.Source, Source));
        Assert.True((await other.Buffers.BufferForStageAsync(Pipeline, Stage, Source, new("2", default))).IsAccepted);
    }

    /// <summary>
    /// An operation that is added to the port has a default that refuses it: it must not be forgotten here.
    /// </summary>
    [Fact]
    public void The_port_over_a_cluster_has_every_operation_of_the_port_over_actors() =>
        Assert.Empty(OperationsOf(typeof(ActorBufferService)).Except(OperationsOf(typeof(RegionBufferService))));

    static IEnumerable<string> OperationsOf(Type port) =>
        typeof(IBufferService)
            .GetInterfaces()
            .Append(typeof(IBufferService))
            .SelectMany(i => port.GetInterfaceMap(i).TargetMethods)
            .Where(m => !m.DeclaringType!.IsInterface)
            .Select(m =>
                $"{m.Name[(m.Name.LastIndexOf('.') + 1)..]}({string.Join(", ", m.GetParameters().Select(p => p.ParameterType.Name))})"
            );
}
