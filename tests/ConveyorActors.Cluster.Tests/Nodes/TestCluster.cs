using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Cluster.Tests.Nodes;

/// <summary>A cluster of nodes over one journal.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    readonly SqliteDatabase database = new();
    readonly List<ClusterNode> nodes = [];

    public IReadOnlyList<ClusterNode> Nodes => nodes;

    public ClusterNode this[int index] => nodes[index];

    public Database Database => database;

    /// <summary>Starts a cluster.</summary>
    public static async Task<TestCluster> StartAsync(int count, string more = "")
    {
        var cluster = new TestCluster();
        for (var i = 0; i < count; i++)
            await cluster.AddAsync(more);
        return cluster;
    }

    /// <summary>Adds a node.</summary>
    public async Task<ClusterNode> AddAsync(string more = "")
    {
        var node = new ClusterNode(database, more);
        nodes.Add(node);
        await node.JoinAsync(nodes.First(n => !n.System.WhenTerminated.IsCompleted));
        return node;
    }

    /// <summary>
    /// Adds a node to a cluster all of whose nodes have ended: it begins a new cluster over the same journal.
    /// </summary>
    public async Task<ClusterNode> AddFirstAsync(string more = "")
    {
        var node = new ClusterNode(database, more);
        nodes.Add(node);
        await node.JoinAsync(node);
        return node;
    }

    /// <summary>The node that works on a pipeline; null: none does now.</summary>
    public ClusterNode? OwnerOf(string pipeline) =>
        nodes.SingleOrDefault(n => !n.System.WhenTerminated.IsCompleted && n.HasOpen(pipeline));

    /// <summary>Ends a node at once, as a process that is killed, and has another node find it dead.</summary>
    public async Task KillAsync(ClusterNode node)
    {
        await node.EndAtOnceAsync();
        nodes.First(n => !n.System.WhenTerminated.IsCompleted).Cluster.Down(node.Cluster.SelfAddress);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Enumerable.Reverse(nodes))
            await node.DisposeAsync();
        database.Dispose();
    }
}

static class NodeExtensions
{
    static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    /// <summary>Whether this node itself has a pipeline open.</summary>
    public static bool HasOpen(this ClusterNode node, string pipeline) =>
        node
            .Conveyor.Pipelines.Ask<ConveyorActors.Actors.Protocol.NameList>(
                ConveyorActors.Actors.Protocol.GetPipelines.Instance,
                Wait
            )
            .GetAwaiter()
            .GetResult()
            .Names.Contains(pipeline);
}
