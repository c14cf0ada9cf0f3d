using System.Globalization;
using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>
/// Two producers and two consumers. Those that the cluster removed, because all its nodes were gone, are replaced.
/// </summary>
sealed class Crew(
    NodeCluster cluster,
    Ledger ledger,
    int pipelines,
    int producerCount = 2,
    int consumerCount = 2,
    string interval = "20ms"
)
{
    readonly Worker?[] producers = new Worker?[producerCount],
        consumers = new Worker?[consumerCount];
    int lives;

    /// <summary>How many had to be replaced.</summary>
    public int Replaced { get; private set; }

    public static IEnumerable<string> Names(int pipelines) => ClientCommands.GetPipelineNames(pipelines);

    public async Task StartAsync()
    {
        await Task.WhenAll(producers.Select(async (_, i) => producers[i] = await ProducerAsync()));
        await Task.WhenAll(consumers.Select(async (_, i) => consumers[i] = await ConsumerAsync()));
    }

    /// <summary>
    /// Starts those again that have ended. A producer begins with new sources: it does not know how far its predecessor
    /// came.
    /// </summary>
    public async Task ReplaceEndedAsync()
    {
        for (var i = 0; i < producers.Length; i++)
            if (await HasEndedAsync(producers[i]!))
                producers[i] = await ProducerAsync();
        for (var i = 0; i < consumers.Length; i++)
            if (await HasEndedAsync(consumers[i]!))
                consumers[i] = await ConsumerAsync();
    }

    public async Task StopProducersAsync()
    {
        foreach (var producer in producers)
            Assert.Contains(await producer!.StopAsync(), (int[])[ExitCodes.Done, ExitCodes.Removed]);
    }

    public async Task StopConsumersAsync()
    {
        foreach (var consumer in consumers)
            Assert.Contains(await consumer!.StopAsync(), (int[])[ExitCodes.Done, ExitCodes.Removed]);
    }

    async Task<bool> HasEndedAsync(Worker worker)
    {
        if (!worker.Process.HasEnded)
            return false;
        var exit = await worker.EndAsync();
        Assert.True(exit == ExitCodes.Removed, $"a worker ended with {exit}: {worker.Process.Said}");
        Replaced++;
        return true;
    }

    Task<Worker> ProducerAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"source{Interlocked.Increment(ref lives)}-");
        return cluster.WorkAsync(
            "produce",
            ledger,
            "--pipelines",
            $"{pipelines}",
            "--name",
            name,
            "--interval",
            interval
        );
    }

    Task<Worker> ConsumerAsync() => cluster.WorkAsync("consume", ledger, "--pipelines", $"{pipelines}");
}
