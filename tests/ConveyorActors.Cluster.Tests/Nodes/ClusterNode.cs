using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Cluster.Tests.Nodes;

/// <summary>A node of a cluster on the loopback, in this process.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    const string Quick = """
        akka {
          loglevel = WARNING, stdout-loglevel = OFF, log-dead-letters = off
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          # A busy machine is no reason to take a node for dead: tests that end one abruptly set a shorter pause.
          cluster { failure-detector.acceptable-heartbeat-pause = 60 s, min-nr-of-members = 1, log-info = off, sharding.rebalance-interval = 500 ms, sharding.updating-state-timeout = 5 s }
          coordinated-shutdown { exit-clr = off, run-by-actor-system-terminate = off }
        }
        conveyor {
          persistence = on
          buffer-actors { count = 1, batch-age = 5 ms }
          cluster { shards = 12, locate-interval = 200 ms }
          ask-timeout = 30 s
          wire.resend-interval = 200 ms
          journal { refuse-after = 8 s, reopen-after = 300 ms, delete-after = 100 ms, retry { first = 20 ms, max = 200 ms } }
        }
        """;

    public ClusterNode(Database database, string more = "")
        : this($"{database.Hocon}\n{more}", new ConveyorSetup()) { }

    public ClusterNode(string hocon, ConveyorSetup setup)
    {
        var config = ConfigurationFactory
            .ParseString($"{hocon}\n")
            .WithFallback(ConfigurationFactory.ParseString(Quick))
            .WithFallback(ClusterConfig.Fast);
        System = ActorSystem.Create("cluster", BootstrapSetup.Create().WithConfig(config).And(setup));
        Conveyor = ConveyorSystem.Get(System);
        Cluster = Akka.Cluster.Cluster.Get(System);
    }

    public ActorSystem System { get; }

    public ConveyorSystem Conveyor { get; }

    public Akka.Cluster.Cluster Cluster { get; }

    public IBufferService Buffers => Conveyor.Service;

    /// <summary>Joins a node, or itself, and returns when it is up.</summary>
    public async Task JoinAsync(ClusterNode seed)
    {
        Cluster.Join(seed.Cluster.SelfAddress);
        await Until.TrueAsync(() => Cluster.SelfMember.Status == MemberStatus.Up);
    }

    /// <summary>Leaves the cluster gracefully and ends.</summary>
    public Task LeaveAsync() =>
        CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Until.Patience);

    /// <summary>Ends at once, as a process that is killed: the node itself tells nobody.</summary>
    internal async Task EndAtOnceAsync()
    {
        var remoting = ((Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)System).Provider).Transport;
        await remoting.Shutdown().WaitAsync(Until.Patience); // from now on it is silent
        await System.Terminate().WaitAsync(Until.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (!System.WhenTerminated.IsCompleted)
            await System.Terminate().WaitAsync(Until.Patience);
    }
}
