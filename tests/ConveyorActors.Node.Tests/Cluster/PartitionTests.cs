using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>A network that is cut between one node and the other two, while both sides reach the journal.</summary>
public sealed class PartitionTests
{
    const int Pipelines = 6;

    /// <summary>
    /// Budgets below the number of pipelines, each of which would have a record of the source pending at most times.
    /// The singleton that grants them is on the larger side, and pipelines on the smaller side hold grants, too: what
    /// they held is granted again.
    /// </summary>
    const string Budgets =
        "conveyor.cluster { grant-expiry = 2 s\nsources { source1-1.max-records = 4\nother1.max-records = 3 } }";

    [CutNetworkFact]
    public async Task A_partition_ends_its_smaller_side_and_loses_nothing_acknowledged()
    {
        using var network = new CutNetwork();
        await using var cluster = await NodeCluster.StartAsync(3, Budgets, network: network, flags: "--fast");
        await RunAsync(cluster, network.Cut);
    }

    [CutProxyFact]
    public async Task A_proxy_that_drops_all_frames_ends_the_smaller_side_and_loses_nothing()
    {
        using var proxy = new CutProxy();
        // the fast profile takes a busy machine for a cut network
        await using var cluster = await NodeCluster.StartAsync(3, Budgets, proxy: proxy);
        await RunAsync(cluster, proxy.Cut);
    }

    static async Task RunAsync(NodeCluster cluster, Action cut)
    {
        var ledger = new Ledger();
        var crew = new Crew(cluster, ledger, Pipelines, producerCount: 1, consumerCount: 1, interval: "10ms");
        await crew.StartAsync();
        // A producer on the smaller side, too.
        var other = await cluster.WorkBeyondAsync(
            "produce",
            ledger,
            "--pipelines",
            $"{Pipelines}",
            "--name",
            "other",
            "--interval",
            "10ms"
        );
        await cluster[0]
            .AwaitAsync(() =>
                ledger.PipelinesSince(0) == Pipelines
                && ledger.PersistedOf("source1-1") > 20
                && ledger.PersistedOf("other1") > 20
            );
        cut();
        var (exit, said) = await cluster[2].EndAsync();
        Assert.Contains("the cluster removed this node", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Removed, exit);
        Assert.Equal(ExitCodes.Removed, await other.EndAsync());
        var since = Reports.GetMicroseconds(TimeProvider.System);
        await cluster[0].AwaitAsync(() => ledger.PipelinesSince(since) == Pipelines);
        Assert.False(cluster[0].HasEnded || cluster[1].HasEnded);
        await crew.StopProducersAsync();
        await using (var client = await cluster.JoinAsync())
        {
            await cluster[0]
                .AwaitAsync(async () =>
                    (
                        await Task.WhenAll(
                            Crew.Names(Pipelines).Select(async n => await client.Buffers.GetSnapshotAsync(n))
                        )
                    ).All(s => s.Total is { Pending: 0, IsConserved: true })
                );
            foreach (var name in Crew.Names(Pipelines))
            {
                // What either side acknowledged is in the one history that the journal has.
                var total = (await client.Buffers.GetSnapshotAsync(name)).Total;
                Assert.InRange(
                    total.Completed,
                    ledger.PersistedIn(name),
                    ledger.PersistedIn(name) + ledger.UnknownIn(name) + 1
                );
            }
        }
        await crew.StopConsumersAsync();
        ledger.Check();
        Assert.InRange(ledger.MostPending("source1-1"), 0, 4);
        Assert.InRange(ledger.MostPending("other1"), 0, 3);
    }
}
