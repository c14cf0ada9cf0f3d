using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Tests.Processes;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>Nodes as processes of this machine, over one journal.</summary>
sealed class NodeCluster : IAsyncDisposable
{
    readonly TemporaryFolder folder = new();
    readonly List<NodeProcess> all = [];
    readonly NodeProcess?[] nodes;
    readonly int[] ports;
    readonly string[] flags;
    readonly CutNetwork? network;
    readonly CutProxy? proxy;
    readonly string hocon;

    /// <summary>The file of programs without pipelines: their number of shards must be that of the nodes.</summary>
    readonly Lazy<string> configOfPrograms;
    readonly int[] publicPorts;
    PostgresServer? server;

    NodeCluster(int count, string hocon, CutNetwork? network, CutProxy? proxy, string[] flags)
    {
        (nodes, this.hocon, this.network, this.proxy, this.flags) = (
            new NodeProcess?[count],
            hocon,
            network,
            proxy,
            flags
        );
        configOfPrograms = new(() => folder.Write("programs.conf", hocon));
        ports = [.. Enumerable.Range(0, count).Select(_ => NodeProcess.FreePort())];
        publicPorts = [.. ports.Select((port, i) => proxy?.Open(port, IsBeyond(i)) ?? port)];
        Journal = $"sqlite:{Path.Combine(folder.Path, "journal.db")}";
    }

    public string Folder => folder.Path;

    public string Journal { get; private set; }

    public int Count => nodes.Length;

    public IReadOnlyList<int> Ports => ports;

    public NodeProcess this[int index] => nodes[index]!;

    public IEnumerable<string> SeedFlags => Seeds.SelectMany(seed => (string[])["--seed", seed.ToString()]);

    public IReadOnlyList<SeedAddress> Seeds =>
        [
            .. publicPorts.Select(
                (port, i) => new SeedAddress(proxy is not null && IsBeyond(i) ? CutProxy.Beyond : HostOf(i), port)
            ),
        ];

    /// <summary>Starts a cluster, and returns when all nodes are up.</summary>
    /// <param name="count">How many nodes.</param>
    /// <param name="hocon">Configuration of the nodes.</param>
    /// <param name="usePostgres">Whether the journal is on PostgreSQL, where that is installed.</param>
    /// <param name="network">A cable beyond which the last node is.</param>
    /// <param name="proxy">The same cable, where network namespaces cannot be made.</param>
    /// <param name="flags">Flags of the nodes.</param>
    public static async Task<NodeCluster> StartAsync(
        int count,
        string hocon = "",
        bool usePostgres = false,
        CutNetwork? network = null,
        CutProxy? proxy = null,
        params string[] flags
    )
    {
        var cluster = new NodeCluster(count, hocon, network, proxy, flags);
        try
        {
            if (usePostgres && PostgresServer.Binaries is not null)
                cluster.UsePostgres();
            for (var i = 0; i < count; i++)
                cluster.Start(i);
            foreach (var node in cluster.nodes)
                await node!.IsUpAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node at its port.</summary>
    public NodeProcess Start(int index)
    {
        var node = NodeProcess.Start(
            folder.Path,
            [],
            [
                "--host",
                HostOf(index),
                "--port",
                $"{ports[index]}",
                "--journal",
                Journal,
                "--config",
                ConfigOf($"node{index}", ports[index], publicPorts[index], IsBeyond(index)),
                "--seed-timeout",
                "80s",
                "--inspect",
                .. SeedFlags,
                .. flags,
            ],
            prefix: IsBeyond(index) ? network?.Prefix : null
        );
        all.Add(node);
        nodes[index] = node;
        return node;
    }

    /// <summary>Starts a producer or a consumer, and returns when it has joined.</summary>
    public Task<Worker> WorkAsync(string verb, Ledger ledger, params string[] more) =>
        WorkAsync(verb, ledger, isBeyond: false, more);

    /// <summary>The same, on the side of the last node.</summary>
    public Task<Worker> WorkBeyondAsync(string verb, Ledger ledger, params string[] more) =>
        WorkAsync(verb, ledger, isBeyond: true, more);

    async Task<Worker> WorkAsync(string verb, Ledger ledger, bool isBeyond, string[] more)
    {
        var host =
            network is null ? CutProxy.Here
            : isBeyond ? network.Inside
            : network.Outside;
        var config = configOfPrograms.Value;
        if (proxy is not null)
        {
            var port = NodeProcess.FreePort();
            config = ConfigOf($"worker{port}", port, proxy.Open(port, isBeyond), isBeyond);
        }
        var process = NodeProcess.Start(
            folder.Path,
            [],
            [
                verb,
                "--host",
                host,
                .. SeedFlags,
                "--seed-timeout",
                "80s",
                "--config",
                config,
                .. flags.Where(f => f == "--fast"),
                .. more,
            ],
            prefix: isBeyond ? network?.Prefix : null
        );
        all.Add(process);
        var worker = new Worker(process, ledger);
        await worker.WhenJoinedAsync();
        return worker;
    }

    /// <summary>Joins as a program that uses the pipelines.</summary>
    public Task<ClusterClient> JoinAsync() =>
        ClusterClient.JoinAsync(
            new()
            {
                Host = network?.Outside ?? "127.0.0.1",
                Seeds = Seeds,
                IsFast = flags.Contains("--fast"),
                SeedTimeout = NodeProcess.Patience,
                ConfigFile = configOfPrograms.Value,
            }
        );

    /// <summary>
    /// Writes the configuration of a process: where it listens, and through which port the others reach it.
    /// </summary>
    string ConfigOf(string name, int port, int publicPort, bool isBeyond)
    {
        var cable = proxy is null
            ? ""
            : $"akka.remote.dot-netty.tcp {{ port = {port}, public-port = {publicPort}, public-hostname = \"{(isBeyond ? CutProxy.Beyond : CutProxy.Here)}\" }}\n";
        return folder.Write($"{name}.conf", cable + hocon);
    }

    bool IsBeyond(int index) => (network is not null || proxy is not null) && index == Count - 1;

    string HostOf(int index) =>
        network is null ? "127.0.0.1"
        : IsBeyond(index) ? network.Inside
        : network.Outside;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in all)
            await process.DisposeAsync();
        server?.Dispose();
        folder.Dispose();
    }

    void UsePostgres()
    {
        server = new();
        var hocon = server.CreateDatabase().Hocon;
        const string key = "connection-string = \"";
        var from = hocon.IndexOf(key, StringComparison.Ordinal) + key.Length;
        // The server of the tests takes 100 connections.
        Journal = $"postgres:{hocon[from..hocon.IndexOf('"', from)]};Maximum Pool Size=20";
    }
}
