using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>What happens to nodes. Each step ends with all nodes up again.</summary>
sealed class Chaos(NodeCluster cluster, Random random, Action<string> say)
{
    static readonly int[] Killed = [137],
        Stopped = [ExitCodes.Done],
        Removed = [ExitCodes.Removed];

    public int Steps { get; private set; }

    public async Task StepAsync()
    {
        Steps++;
        var one = random.Next(cluster.Count);
        await Task.Delay(random.Next(200, 2_000));
        switch (random.Next(8))
        {
            case < 3:
                say($"kill {one}");
                cluster[one].Signal("KILL");
                await EndedAsync(one, [.. Killed, .. Removed]); // the cluster may have removed it just before
                await Task.Delay(random.Next(6_000));
                break;
            case < 5:
                var pause = random.Next(300, 9_000);
                say($"suspend {one} for {pause} ms");
                cluster[one].Signal("STOP");
                await Task.Delay(pause);
                cluster[one].Signal("CONT");
                await Task.Delay(random.Next(1_000, 4_000)); // it may find that it was removed
                break;
            case < 7:
                say($"stop {one}");
                await StopAsync(one);
                break;
            default:
                var signal = random.Next(2) == 0 ? "KILL" : "TERM";
                say($"end all with {signal}");
                for (var i = 0; i < cluster.Count; i++)
                    cluster[i].Signal(signal);
                for (var i = 0; i < cluster.Count; i++)
                    await EndedAsync(i, [.. signal == "KILL" ? Killed : Stopped, .. Removed]);
                break;
        }
        await RecoverAsync();
    }

    /// <summary>Starts the nodes that have ended, until all are up.</summary>
    public async Task RecoverAsync()
    {
        for (var round = 0; ; round++)
        {
            Assert.True(round < 10, "the nodes do not stay up");
            List<int> started = [];
            for (var i = 0; i < cluster.Count; i++)
            {
                if (!cluster[i].HasEnded)
                    continue;
                await EndedAsync(i, [.. Killed, .. Stopped, .. Removed]);
                cluster.Start(i);
                started.Add(i);
            }
            if (started.Count == 0)
                return;
            foreach (var i in started)
                await cluster[i].IsUpAsync();
        }
    }

    async Task StopAsync(int index)
    {
        cluster[index].Signal("TERM");
        await EndedAsync(index, [.. Stopped, .. Removed]);
    }

    async Task EndedAsync(int index, int[] expected)
    {
        var (exit, said) = await cluster[index].EndAsync();
        Assert.True(expected.Contains(exit), $"node {index} ended with {exit}: {said}");
    }
}
