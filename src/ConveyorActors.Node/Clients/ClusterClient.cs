using Akka.Cluster;
using ConveyorActors.Actors;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Running;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// A program that uses the pipelines of a cluster and has none itself: it joins without the role of nodes that have
/// pipelines.
/// </summary>
sealed class ClusterClient : IAsyncDisposable
{
    const string Settings = """
        conveyor-node.journal = ""
        akka.remote.dot-netty.tcp.port = 0  # any
        conveyor.persistence = off          # the nodes have the journal
        akka.loglevel = ERROR
        """;

    readonly ActorSystem system;
    readonly TaskCompletionSource nodesGone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    ClusterClient(ActorSystem system, IBufferService buffers)
    {
        (this.system, Buffers) = (system, buffers);
        Ended = Task.WhenAny(system.WhenTerminated, nodesGone.Task);
    }

    /// <summary>Gets the buffer service over all pipelines of the cluster.</summary>
    public IBufferService Buffers { get; }

    /// <summary>
    /// Gets a task that completes when the cluster has removed this program, this program has left, or all nodes have.
    /// </summary>
    public Task Ended { get; }

    /// <summary>
    /// Gets whether all nodes have left the cluster. Nodes that are started again begin a new cluster.
    /// </summary>
    public bool HasNoNodes => nodesGone.Task.IsCompleted;

    /// <summary>Gets the number of nodes with pipelines that are up.</summary>
    public int NodeCount =>
        Akka.Cluster.Cluster.Get(system).State.Members.Count(m => m.Status == MemberStatus.Up && !m.HasRole(Role));

    /// <summary>The role of such a program.</summary>
    public const string Role = "client";

    /// <summary>
    /// Joins a cluster. An attempt that ends because the cluster removed the program again is repeated until the time
    /// for joining is over.
    /// </summary>
    /// <exception cref="NodeException">No seed node admitted the program.</exception>
    public static async Task<ClusterClient> JoinAsync(
        NodeArguments given,
        CancellationToken cancellationToken = default
    )
    {
        var config = NodeConfig.Create(
            given with
            {
                Port = null,
                Roles = [Role],
            },
            ConfigurationFactory.ParseString(Settings)
        );
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var system = NodeStart.Create(config);
            var client = new ClusterClient(system, NodeStart.StartBuffers(system).Service);
            system.ActorOf(Props.Create(() => new NodesGoneListener(client.nodesGone)), "conveyor-nodes");
            var outcome = await new Joining(config, system, TimeProvider.System)
                .JoinAsync(cancellationToken)
                .ConfigureAwait(false);
            if (outcome == JoinOutcome.Up)
                return client;
            await client.DisposeAsync().ConfigureAwait(false);
            if (outcome == JoinOutcome.Signalled)
                throw new OperationCanceledException(cancellationToken);
            if (TimeProvider.System.GetElapsedTime(began) >= config.SeedTimeout)
                throw new NodeException(
                    ExitCodes.Removed,
                    "the cluster removed this program while it was joining: a partition or an unreachable node is being resolved. Start it again"
                );
        }
    }

    /// <summary>Leaves the cluster.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await CoordinatedShutdown
                .Get(system)
                .Run(CoordinatedShutdown.ClrExitReason.Instance)
                .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System)
                .ConfigureAwait(false);
        }
        catch (TimeoutException late)
        {
            Messages.Write($"leaving the cluster did not end in time: {Messages.FormatOneLine(late)}");
        }
    }
}
