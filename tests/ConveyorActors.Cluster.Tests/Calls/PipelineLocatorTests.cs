using ConveyorActors.Cluster.Calls;
using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster.Tests.Calls;

public sealed class PipelineLocatorTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly ActorSystem system = ActorSystem.Create("locator", "akka.loglevel = WARNING, akka.stdout-loglevel = OFF");

    /// <summary>A region that replies about every pipeline.</summary>
    sealed class Region : ReceiveActor
    {
        public Region() => Receive<Locate>(m => Sender.Tell(new Located(m.Pipeline, $"akka.tcp://n@{m.Pipeline}:1/x")));
    }

    [Fact]
    public async Task The_number_of_slots_is_limited_and_each_pipeline_is_found()
    {
        var locator = new PipelineLocator(
            system.ActorOf(Props.Create(() => new Region())),
            Patience,
            Task.CompletedTask,
            mostKept: 100
        );
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Equal($"akka.tcp://n@p{i}:1/x", await locator.FindAsync($"p{i}", Patience).WaitAsync(Patience));
            Assert.Equal(
                $"akka.tcp://n@p{i / 2}:1/x",
                await locator.FindAsync($"p{i / 2}", Patience).WaitAsync(Patience)
            );
            Assert.InRange(locator.Count, 1, 101);
        }
        locator.Remove(Address.Parse("akka.tcp://n@p999:1"));
        Assert.Equal("akka.tcp://n@p999:1/x", await locator.FindAsync("p999", Patience).WaitAsync(Patience));
    }

    [Fact]
    public async Task Nothing_is_asked_before_the_node_has_the_settings_of_the_cluster()
    {
        var agreed = new TaskCompletionSource();
        var locator = new PipelineLocator(system.ActorOf(Props.Create(() => new Region())), Patience, agreed.Task);
        var early = await Assert.ThrowsAsync<TimeoutException>(() =>
            locator.FindAsync("p", TimeSpan.FromMilliseconds(1)).WaitAsync(Patience)
        );
        Assert.Contains(
            "this node had not joined a cluster that has the same settings",
            early.Message,
            StringComparison.Ordinal
        );
        var waiting = locator.FindAsync("p", Patience);
        Assert.False(waiting.IsCompleted);
        agreed.SetResult();
        Assert.Equal("akka.tcp://n@p:1/x", await waiting.WaitAsync(Patience));
    }

    public void Dispose() => system.Terminate().Wait(Patience);
}
