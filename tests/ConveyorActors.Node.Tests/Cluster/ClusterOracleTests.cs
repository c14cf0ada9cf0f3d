using System.Diagnostics;
using System.Globalization;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Tests.Processes;
using Xunit.Abstractions;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>
/// Three nodes, thirty pipelines, producers and consumers, all as processes; nodes are killed, stopped for a while,
/// restarted and all ended at random. CONVEYOR_CLUSTER_SECONDS says for how long (default 15, with --all 180),
/// CONVEYOR_CLUSTER_SEED with which seed.
/// CONVEYOR_CLUSTER_JOURNAL=sqlite takes SQLite where PostgreSQL is installed.
/// </summary>
public sealed class ClusterOracleTests(ITestOutputHelper output)
{
    const int Pipelines = 30;

    static readonly bool OnSqlite = Environment.GetEnvironmentVariable("CONVEYOR_CLUSTER_JOURNAL") == "sqlite";

    // So small that sources are refused, and nothing becomes a dead letter because the machine is busy.
    const string Settings = """
        conveyor {
          buffers { max-total-records = 60, max-per-stage = 40, max-per-source = 20, stage { max-retries = 1000000, lease-timeout = 60 s } }
          journal { snapshot-after = 64 KiB, delete-after = 5 s, reopen-after = 2 s }
          cluster.shards = 30
        }
        """;

    [UnixFact(Platforms.Signals)]
    public async Task Nothing_acknowledged_is_lost_when_nodes_fail_leave_or_restart()
    {
        var seconds = Thoroughness.Count("CONVEYOR_CLUSTER_SECONDS", sample: 15, whole: 180);
        var seed = Thoroughness.Seed("CONVEYOR_CLUSTER_SEED");
        output.WriteLine($"{seconds} s, seed {seed}");
        try
        {
            await RunAsync(TimeSpan.FromSeconds(seconds), new Random(seed));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
        }
    }

    async Task RunAsync(TimeSpan time, Random random)
    {
        await using var cluster = await NodeCluster.StartAsync(3, Settings, usePostgres: !OnSqlite);
        output.WriteLine(cluster.Journal.Split(':')[0]);
        var ledger = new Ledger();
        var crew = new Crew(cluster, ledger, Pipelines);
        await crew.StartAsync();
        var chaos = new Chaos(cluster, random, output.WriteLine);
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            await chaos.StepAsync();
            await crew.ReplaceEndedAsync();
        }
        await chaos.RecoverAsync();
        await crew.ReplaceEndedAsync();
        await CheckAsync(cluster, crew, ledger);
        output.WriteLine(
            $"{ledger.Persisted} records acknowledged as persisted, {ledger.Unknown} outcomes unknown, {chaos.Steps} events, {crew.Replaced} workers replaced"
        );
        Assert.True(ledger.Persisted > Pipelines, "hardly anything was acknowledged");
    }

    async Task CheckAsync(NodeCluster cluster, Crew crew, Ledger ledger)
    {
        await using var client = await cluster.JoinAsync();
        // Work goes on in every pipeline, and then everything is settled.
        var recovered = Reports.GetMicroseconds(TimeProvider.System);
        await EventuallyAsync(
            async () =>
            {
                await crew.ReplaceEndedAsync(); // workers of a cluster that has ended learn of that a little later
                return ledger.PipelinesSince(recovered) == Pipelines;
            },
            () => $"only {ledger.PipelinesSince(recovered)} pipelines take records again"
        );
        await crew.StopProducersAsync();
        IReadOnlyList<PipelineSnapshot> snapshots = [];
        await EventuallyAsync(
            async () =>
            {
                snapshots = await SnapshotsAsync(client);
                return snapshots.All(s => s.Total.Pending == 0);
            },
            () =>
                $"pending: {string.Join(", ", snapshots.Where(s => s.Total.Pending > 0).Select(s => $"{s.Pipeline} {s.Total}"))}"
        );
        await crew.StopConsumersAsync();
        ledger.Check();
        foreach (var (name, total) in snapshots.Select(s => (s.Pipeline, s.Total)))
        {
            Assert.True(total.IsConserved, $"{name}: {total}");
            // Each acknowledged record is completed in the one history that the journal has: no second incarnation
            // acknowledged anything.
            Assert.InRange(
                total.Completed,
                ledger.PersistedIn(name),
                ledger.PersistedIn(name) + ledger.UnknownIn(name) + crew.Replaced
            );
        }
    }

    static async Task<IReadOnlyList<PipelineSnapshot>> SnapshotsAsync(ClusterClient client)
    {
        var all = await Task.WhenAll(
            Crew.Names(Pipelines).Select(async name => await client.Buffers.GetSnapshotAsync(name))
        );
        foreach (var snapshot in all)
        {
            Assert.True(snapshot.Total.Used <= snapshot.Total.Limit, $"{snapshot.Pipeline}: {snapshot.Total}");
            Assert.All(snapshot.Stages, s => Assert.True(s.Level.Used <= s.Level.Limit, $"{snapshot.Pipeline}: {s}"));
            Assert.All(snapshot.Sources, s => Assert.True(s.Level.Used <= s.Level.Limit, $"{snapshot.Pipeline}: {s}"));
        }
        return all;
    }

    static async Task EventuallyAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < NodeProcess.Patience * 2, otherwise());
            await Task.Delay(100);
        }
    }
}
