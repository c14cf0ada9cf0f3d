using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Tests.Processes;
using Xunit.Abstractions;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>
/// How long pipelines take no records when a node ends. CONVEYOR_CLUSTER_MEASURE says how often each is measured;
/// without it nothing is.
/// </summary>
public sealed class FailOverMeasurements(ITestOutputHelper output)
{
    const int Pipelines = 30;

    [MeasureTheory]
    [InlineData("balanced", "KILL", 2)]
    [InlineData("balanced", "KILL", 0)]
    [InlineData("balanced", "TERM", 1)]
    [InlineData("fast", "KILL", 2)]
    [InlineData("fast", "KILL", 0)]
    [InlineData("fast", "TERM", 1)]
    public async Task Time_without_accepted_records(string profile, string signal, int node)
    {
        for (var run = 0; run < MeasureTheoryAttribute.Runs; run++)
        {
            var ledger = new Ledger();
            await using var cluster = await NodeCluster.StartAsync(
                3,
                "",
                usePostgres: true,
                flags: profile == "fast" ? ["--fast"] : []
            );
            var crew = new Crew(cluster, ledger, Pipelines, producerCount: 1, consumerCount: 1, interval: "50ms");
            await crew.StartAsync();
            await cluster[1].AwaitAsync(() => ledger.PipelinesSince(0) == Pipelines);
            await Task.Delay(5_000);
            // Nothing is warm in the first seconds: how long are they silent without an event?
            var before = ledger.LongestSilences(Reports.GetMicroseconds(TimeProvider.System) - 3_000_000)[0];
            var at = Reports.GetMicroseconds(TimeProvider.System);
            cluster[node].Signal(signal);
            await cluster[node].EndAsync();
            await cluster[(node + 1) % 3].AwaitAsync(() => ledger.PipelinesSince(at + 1_000_000) == Pipelines);
            await Task.Delay(500);
            var silences = ledger.LongestSilences(at);
            output.WriteLine(
                $"{profile} {signal} node {node}: {silences[0].TotalSeconds:F1} s longest, {silences.Count(s => s > TimeSpan.FromSeconds(0.5))} of {Pipelines} pipelines over 0.5 s; before: {before.TotalSeconds:F1} s; journal {cluster.Journal.Split(':')[0]}"
            );
            await crew.StopProducersAsync();
            await crew.StopConsumersAsync();
        }
    }

    /// <summary>A test that measures: it is skipped unless asked for.</summary>
    sealed class MeasureTheoryAttribute : TheoryAttribute
    {
        public MeasureTheoryAttribute()
        {
            Skip =
                Runs == 0
                    ? "Measures for minutes: set CONVEYOR_CLUSTER_MEASURE to the number of runs."
                    : Platforms.WhyNotUnix(Platforms.Signals);
        }

        public static int Runs { get; } =
            int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_CLUSTER_MEASURE"), out var runs) ? runs : 0;
    }
}
