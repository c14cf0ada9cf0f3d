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
    public void An_asker_is_recognized_by_its_path_even_on_another_node(string path, bool asks) =>
        Assert.Equal(asks, WaitOwners.IsAsker(new Elsewhere(ActorPath.Parse(path))));

    [Fact]
    public void An_actor_is_not_taken_for_an_asker_because_of_its_name()
    {
        var temp = Sys.ActorOf(Props.Create(() => new Parent()), "temp");
        Assert.False(WaitOwners.IsAsker(temp));
        Assert.False(WaitOwners.IsAsker(ActorRefs.Nobody));
    }

    [Fact]
    public async Task A_cancelled_ask_leaves_no_wait()
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
