using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using ConveyorActors.Actors;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class ClusterMembersTests
{
    [Fact]
    public async Task A_program_is_notified_when_no_node_has_pipelines()
    {
        await using var cluster = await TestCluster.StartAsync(
            1,
            "akka.cluster.roles = [pipelines]\nconveyor.cluster.role = pipelines"
        );
        await using var client = new ClusterNode(
            "akka.cluster.roles = [client]\nconveyor { cluster.role = pipelines, persistence = off }",
            new ConveyorSetup()
        );
        await client.JoinAsync(cluster[0]);
        var warned = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ear = client.System.ActorOf(Props.Create(() => new Ear(warned)));
        client.System.EventStream.Subscribe(ear, typeof(Warning));
        var told = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.System.EventStream.Subscribe(
            client.System.ActorOf(Props.Create(() => new Listener(told))),
            typeof(PipelineNodesGone)
        );
        await cluster[0].LeaveAsync();
        Assert.Contains("form a new cluster", await warned.Task.WaitAsync(Until.Patience), StringComparison.Ordinal);
        Assert.Same(PipelineNodesGone.Instance, await told.Task.WaitAsync(Until.Patience));
    }

    sealed class Listener(TaskCompletionSource<object> told) : UntypedActor
    {
        protected override void OnReceive(object message) => told.TrySetResult(message);
    }

    sealed class Ear(TaskCompletionSource<string> warned) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (
                message is Warning { Message: var text }
                && $"{text}".Contains(ClusterEvents.NodesGone, StringComparison.Ordinal)
            )
                warned.TrySetResult($"{text}");
        }
    }
}
