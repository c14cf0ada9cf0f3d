using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Tests.Protocol;

public class WaitOwnersTests : ConveyorTestKit
{
    [Theory]
    [InlineData("akka://a/temp/$a", true)]
    [InlineData("akka.tcp://a@host:1/temp/$a", true)]
    [InlineData("akka.tcp://a@host:1/user/temp/worker", false)]
    [InlineData("akka.tcp://a@host:1/user/worker", false)]
    [InlineData("akka.tcp://a@host:1/user", false)]
    public void Who_asks_is_known_by_its_path_also_from_another_node(string path, bool asks) =>
        Assert.Equal(asks, WaitOwners.IsAsker(new Elsewhere(ActorPath.Parse(path))));

    [Fact]
    public void An_actor_is_no_asker_whatever_its_name()
    {
        var temp = Sys.ActorOf(Props.Create(() => new Parent()), "temp");
        Assert.False(WaitOwners.IsAsker(temp));
        Assert.False(WaitOwners.IsAsker(ActorRefs.Nobody));
    }

    [Fact]
    public async Task Who_asks_and_gives_up_leaves_no_wait()
    {
        using var givesUp = new CancellationTokenSource();
        var asking = Pipelines.Ask<object>(
            new ConveyorActors.Actors.Protocol.GetBatch(Pipeline, Stage, new(1) { Wait = true }),
            Timeout.InfiniteTimeSpan,
            givesUp.Token
        );
        await Eventually(s => s.Stages.SingleOrDefault()?.WaitingConsumers == 1);
        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await Eventually(s => s.Stages.Single().WaitingConsumers == 0);
    }

    sealed class Elsewhere(ActorPath path) : MinimalActorRef
    {
        public override ActorPath Path => path;

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }

    sealed class Parent : UntypedActor
    {
        protected override void OnReceive(object message) { }
    }
}
