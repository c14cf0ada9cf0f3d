using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests.Cluster;

public sealed class RestartTests
{
    [UnixFact(Platforms.Signals)]
    public async Task A_restarted_node_reopens_its_records_without_a_call()
    {
        var ledger = new Ledger();
        await using var cluster = await NodeCluster.StartAsync(1);
        var producer = await cluster.WorkAsync("produce", ledger, "--pipelines", "1", "--interval", "5ms");
        await producer.Process.AwaitAsync(() => ledger.Persisted >= 20);
        Assert.Equal(ExitCodes.Done, await producer.StopAsync());
        var kept = ledger.Persisted;
        foreach (var (signal, exit) in new[] { ("TERM", ExitCodes.Done), ("KILL", 137) })
        {
            cluster[0].Signal(signal);
            Assert.Equal(exit, (await cluster[0].EndAsync()).Exit);
            await cluster.Start(0).IsUpAsync();
            // An operator's command asks; nobody has used the pipeline.
            await cluster[0]
                .AwaitAsync(async () =>
                    (await cluster[0].AskAsync("pipelines --json")).Contains(
                        $"\"buffered\": {kept}",
                        StringComparison.Ordinal
                    )
                );
        }
    }

    [UnixFact(Platforms.Signals)]
    public async Task A_second_signal_ends_a_stop_at_once()
    {
        // A node that waits for a slow consumer: the last node of a cluster, asked twice.
        await using var cluster = await NodeCluster.StartAsync(1);
        cluster[0].Signal("TERM");
        await cluster[0].HasSaidAsync("stopping: ");
        await Task.Delay(200); // a signal to the process and one to its group would be one
        cluster[0].Signal("TERM");
        var (exit, said) = await cluster[0].EndAsync();
        // It may have been quick enough to stop in order.
        if (exit != ExitCodes.Done)
            Assert.Contains("ended at once by a second signal", said, StringComparison.Ordinal);
        Assert.Contains(exit, (int[])[ExitCodes.Interrupted, ExitCodes.Done]);
    }
}
