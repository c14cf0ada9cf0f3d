using Akka.Actor.Setup;
using Akka.Configuration;
using ConveyorActors.Actors.Service;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>A node that holds buffers and callers on other nodes, with sockets between them.</summary>
public abstract class Nodes : IAsyncDisposable
{
    protected const string Pipeline = "shop",
        Stage = "enrich",
        Source = "web-1";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly List<ActorSystem> systems = [];
    readonly List<IAsyncDisposable> others = [];

    protected static string Hocon(int port, string more) =>
        $$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
            akka.remote.retry-gate-closed-for = 50 ms
            conveyor.stop-deadline = 100 ms
            conveyor.wire { resend-interval = 100 ms, give-up-after = 4 s }
            {{more}}
            """;

    protected ActorSystem Create(string name, int port = 0, string more = "")
    {
        var system = ActorSystem.Create(
            name,
            BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(more).WithFallback(Hocon(port, "")))
        );
        systems.Add(system);
        return system;
    }

    protected ConveyorSystem Server(int port = 0, string more = "") => ConveyorSystem.Get(Create("node", port, more));

    protected static Address AddressOf(ConveyorSystem server) =>
        ((ExtendedActorSystem)((ActorRefWithCell)server.Pipelines).Underlying.System).Provider.DefaultAddress;

    protected ActorBufferService Port(ActorSystem caller, Address server, TimeSpan? askTimeout = null)
    {
        var port = ActorBufferService.ForPath(caller, $"{server}/user/conveyor/pipelines", askTimeout ?? Patience);
        others.Add(port);
        return port;
    }

    protected static ConveyorRecord[] Make(string prefix, int count, int bytes) =>
        [.. Enumerable.Range(1, count).Select(i => new ConveyorRecord($"{prefix}{i}", new byte[bytes]))];

    protected static async Task<PipelineSnapshot> Eventually(
        IBufferService service,
        Func<PipelineSnapshot, bool> satisfied
    )
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var now = await service.GetSnapshotAsync(Pipeline, patience.Token);
            if (satisfied(now))
                return now;
            Assert.False(patience.IsCancellationRequested, now.Total.ToString());
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var other in others)
            await other.DisposeAsync();
        await Task.WhenAll(systems.Select(s => s.Terminate())).WaitAsync(Patience);
        GC.SuppressFinalize(this);
    }
}
