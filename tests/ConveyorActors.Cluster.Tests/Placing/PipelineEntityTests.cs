using System.Threading.Channels;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Cluster.Placing;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Placing;

public sealed class PipelineEntityTests : IDisposable
{
    readonly ActorSystem system = ActorSystem.Create("entity", "akka.loglevel = WARNING, akka.stdout-loglevel = OFF");
    readonly ClusterMetrics metrics = new("entity", "node", 12);
    readonly Channel<object> received = Channel.CreateUnbounded<object>();

    /// <summary>Takes what the entity sends to the pipelines of its node.</summary>
    sealed class Pipelines(ChannelWriter<object> to) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            to.TryWrite(message);
            if (message is TakePipeline taken)
                Sender.Tell(new PipelineTaken(taken.Pipeline), Self);
            if (message is HandOverPipeline left)
                Sender.Tell(new PipelineHandedOver(left.Pipeline), Self);
        }
    }

    IActorRef Entity(Task agreed)
    {
        var pipelines = system.ActorOf(Props.Create(() => new Pipelines(received.Writer)));
        return system.ActorOf(PipelineEntity.Props("p", pipelines, "path", TimeSpan.FromHours(1), metrics, agreed));
    }

    async Task<object> ReceivedAsync() => await received.Reader.ReadAsync().AsTask().WaitAsync(Until.Patience);

    [Fact]
    public async Task A_node_accepts_pipelines_only_after_its_settings_match_the_cluster()
    {
        var agreed = new TaskCompletionSource();
        var entity = Entity(agreed.Task);
        var locating = entity.Ask<Located>(new Locate("p"), Until.Patience);
        var command = new GetSnapshot("p");
        entity.Tell(command, ActorRefs.NoSender);
        // A reply to a message that came later than both: neither was passed on.
        await entity.Ask<ActorIdentity>(new Identify(1), Until.Patience);
        Assert.False(received.Reader.TryPeek(out _));
        Assert.False(locating.IsCompleted);

        agreed.SetResult();
        Assert.Equal(new TakePipeline("p"), await ReceivedAsync());
        Assert.Equal(new LocalOnly(command), await ReceivedAsync());
        Assert.Equal(new Located("p", "path"), await locating);
    }

    [Fact]
    public async Task An_entity_that_is_stopped_earlier_accepts_nothing()
    {
        var agreed = new TaskCompletionSource();
        var entity = Entity(agreed.Task);
        entity.Tell(PipelineEntity.Stop.Instance);
        Assert.Equal(new HandOverPipeline("p"), await ReceivedAsync());
        agreed.SetResult();
        await entity.WatchAsync().WaitAsync(Until.Patience);
        Assert.False(received.Reader.TryPeek(out _));
    }

    public void Dispose()
    {
        system.Terminate().Wait(Until.Patience);
        metrics.Dispose();
    }
}
