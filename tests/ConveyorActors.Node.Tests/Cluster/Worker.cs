using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>A producer or consumer as a process of its own; a ledger hears what it says.</summary>
sealed class Worker(NodeProcess process, Ledger ledger)
{
    Task reading = Task.CompletedTask;

    public NodeProcess Process => process;

    public async Task WhenJoinedAsync()
    {
        var first = await process.Output.ReadLineAsync().WaitAsync(NodeProcess.Patience);
        if (first != "joined")
            Assert.Fail($"a worker did not join; it said '{first}' and {process.Said}");
        reading = ReadAsync();
    }

    /// <summary>Asks it to end, and returns its exit code when all that it said is in the ledger.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasEnded)
            process.Signal("TERM");
        return await EndAsync();
    }

    public async Task<int> EndAsync()
    {
        var (exit, _) = await process.EndAsync();
        await reading.WaitAsync(NodeProcess.Patience);
        return exit;
    }

    async Task ReadAsync()
    {
        while (await process.Output.ReadLineAsync() is { } line)
            ledger.Hear(line);
    }
}
