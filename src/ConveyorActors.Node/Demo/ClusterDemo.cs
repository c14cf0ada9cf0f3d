using System.Net;
using System.Net.Sockets;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Clients;

namespace ConveyorActors.Node.Demo;

/// <summary>
/// The demo of a cluster: three nodes, a producer and a consumer as processes of this machine. One node is killed and
/// another one leaves, and no acknowledged record is lost.
/// </summary>
sealed class ClusterDemo(NodeArguments given, bool isVerbose, TextWriter output, TimeProvider clock)
{
    const int Pipelines = 6,
        Sources = 2;

    // The numbers of the nodes that are killed and that leave.
    const int Killed = 2,
        Leaving = 1;

    static readonly TimeSpan Before = TimeSpan.FromSeconds(4),
        StepTimeout = TimeSpan.FromSeconds(90),
        PollInterval = TimeSpan.FromMilliseconds(100),
        OnAnotherNode = TimeSpan.FromSeconds(1);

    readonly DemoCount count = new();
    readonly string folder = Directory.CreateTempSubdirectory("conveyor-cluster-").FullName;
    readonly int[] ports = FindFreePorts(3);
    readonly List<Child> children = [];

    /// <summary>Runs the demo. Returns 0 if no record was lost.</summary>
    public async Task<int> RunAsync()
    {
        var began = clock.GetTimestamp();
        try
        {
            return await RunActsAsync(began).ConfigureAwait(false);
        }
        finally
        {
            foreach (var child in Enumerable.Reverse(children))
                await child.DisposeAsync().ConfigureAwait(false);
            Directory.Delete(folder, recursive: true);
        }
    }

    async Task<int> RunActsAsync(long began)
    {
        var nodes = await StartNodesAsync().ConfigureAwait(false);
        var (producer, consumer) = await StartClientsAsync().ConfigureAwait(false);
        await KillAsync(nodes[Killed]).ConfigureAwait(false);
        await ReplaceAsync(nodes[Leaving]).ConfigureAwait(false);

        WriteLine("The producer stops, and the consumer processes what remains.");
        await producer.StopAsync().ConfigureAwait(false);
        var (isSettled, addsUp) = await SettleAsync().ConfigureAwait(false);
        await consumer.StopAsync().ConfigureAwait(false);
        var isNothingLost = WriteTotals(isSettled, addsUp);
        WriteLine($"The demo took {DurationText.Format(clock.GetElapsedTime(began))}.");
        return isNothingLost && isSettled && addsUp ? ExitCodes.Done : ExitCodes.Failed;
    }

    async Task<Child[]> StartNodesAsync()
    {
        WriteLine(
            $"Three nodes start on this machine. They share one journal: {given.Journal?.Shown ?? "an SQLite file"}."
        );
        var nodes = ports.Select(StartNode).ToArray();
        foreach (var node in nodes)
            await node.WaitUntilReadyAsync().ConfigureAwait(false);
        WriteLine(
            $"They are up: 127.0.0.1 with the ports {string.Join(", ", ports)}, processes {string.Join(", ", nodes.Select(n => n.Id))}."
        );
        return nodes;
    }

    async Task<(Child Producer, Child Consumer)> StartClientsAsync()
    {
        var producer = Start(
            [.. CreateClientArguments("produce"), "--sources", $"{Sources}"],
            "joined",
            count.ReadLine
        );
        var consumer = Start(CreateClientArguments("consume"), "joined", count.ReadLine);
        await producer.WaitUntilReadyAsync().ConfigureAwait(false);
        await consumer.WaitUntilReadyAsync().ConfigureAwait(false);
        WriteLine(
            $"A producer (process {producer.Id}) offers records to {Pipelines} pipelines and waits until each is acknowledged as persisted. A consumer (process {consumer.Id}) processes them."
        );
        await WaitUntilAsync(() => count.HaveAllSince(0, Pipelines), "every pipeline accepts records")
            .ConfigureAwait(false);
        await Task.Delay(Before, clock).ConfigureAwait(false);
        WriteCount();
        return (producer, consumer);
    }

    async Task KillAsync(Child node)
    {
        WriteLine($"Now the node {ports[Killed]} is killed (SIGKILL): it cannot notify the others.");
        var killed = Now;
        node.Kill();
        await WaitUntilWorkGoesOnAsync(killed).ConfigureAwait(false);
    }

    /// <summary>Starts the killed node again, and lets another one leave.</summary>
    async Task ReplaceAsync(Child leaving)
    {
        WriteLine(
            $"The node {ports[Killed]} is started again, and the node {ports[Leaving]} is asked to leave (SIGTERM): it hands its pipelines over."
        );
        var again = StartNode(ports[Killed]);
        await again.WaitUntilReadyAsync().ConfigureAwait(false);
        var left = Now;
        var exit = await leaving.StopAsync().ConfigureAwait(false);
        await WaitUntilWorkGoesOnAsync(left).ConfigureAwait(false);
        WriteLine($"It ended with exit code {exit}.");
    }

    /// <summary>Prints the totals of all records. Returns whether none was lost.</summary>
    bool WriteTotals(bool isSettled, bool addsUp)
    {
        var (persisted, _, lost, repeated) = count.Totals;
        WriteLine(
            $"Acknowledged as persisted: {persisted:N0} records. Processed: {persisted - lost:N0} of them. Lost: {lost:N0}."
        );
        if (repeated > 0)
            WriteLine(
                $"Processed more than once: {repeated:N0}, whose lease ended with a node before it was settled (at least once)."
            );
        WriteLine(
            isSettled
                ? "Everything is settled: no pipeline has pending records."
                : "Some pipelines still have pending records."
        );
        WriteLine(
            addsUp
                ? $"The numbers of all {Pipelines} pipelines add up: offered = settled + refused."
                : "The numbers of a pipeline do not add up."
        );
        return lost == 0;
    }

    long Now => Reports.GetMicroseconds(clock);

    /// <summary>
    /// Waits until each pipeline has acknowledged a record well after the event, and prints how long they were silent.
    /// </summary>
    async Task WaitUntilWorkGoesOnAsync(long since)
    {
        await WaitUntilAsync(
                () => count.HaveAllSince(since + 1_000_000, Pipelines),
                "every pipeline accepts records again"
            )
            .ConfigureAwait(false);
        await Task.Delay(OnAnotherNode, clock).ConfigureAwait(false);
        var silences = count.GetLongestGaps(since);
        WriteLine(
            $"Every pipeline accepts records again. Longest time without an acknowledgement, by pipeline: {string.Join(", ", silences.Select(DurationText.Format))}."
        );
        WriteCount();
    }

    void WriteCount()
    {
        var (persisted, processed, _, _) = count.Totals;
        WriteLine($"So far {persisted:N0} records are acknowledged as persisted, and {processed:N0} are processed.");
    }

    /// <summary>Waits until no record is pending, as seen by a program that uses the cluster.</summary>
    async Task<(bool IsSettled, bool AddsUp)> SettleAsync()
    {
        var client = await ClusterClient
            .JoinAsync(new() { Seeds = Seeds, IsFast = given.IsFast })
            .ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            var began = clock.GetTimestamp();
            while (true)
            {
                var totals = await Task.WhenAll(
                        ClientCommands
                            .GetPipelineNames(Pipelines)
                            .Select(async name =>
                                (await client.Buffers.GetSnapshotAsync(name).ConfigureAwait(false)).Total
                            )
                    )
                    .ConfigureAwait(false);
                var isSettled = totals.All(t => t.Pending == 0);
                if (isSettled || clock.GetElapsedTime(began) > StepTimeout)
                    return (isSettled, totals.All(t => t.IsConserved));
                await Task.Delay(PollInterval, clock).ConfigureAwait(false);
            }
        }
    }

    async Task WaitUntilAsync(Func<bool> condition, string what)
    {
        var began = clock.GetTimestamp();
        while (!condition())
        {
            if (clock.GetElapsedTime(began) > StepTimeout)
                throw new NodeException(
                    ExitCodes.Failed,
                    $"this did not happen within {DurationText.Format(StepTimeout)}: {what}"
                );
            await Task.Delay(PollInterval, clock).ConfigureAwait(false);
        }
    }

    IReadOnlyList<SeedAddress> Seeds => [.. ports.Select(port => new SeedAddress("127.0.0.1", port))];

    Child StartNode(int port) =>
        Start(
            [.. SeedFlags, "--port", $"{port}", "--journal", given.Journal?.Argument ?? "sqlite:journal.db"],
            "up: ",
            static _ => { }
        );

    string[] SeedFlags =>
        [.. Seeds.SelectMany(s => (string[])["--seed", s.ToString()]), .. given.IsFast ? (string[])["--fast"] : []];

    string[] CreateClientArguments(string verb) => [verb, .. SeedFlags, "--pipelines", $"{Pipelines}"];

    Child Start(string[] arguments, string ready, Action<string> onLine)
    {
        var child = new Child(arguments, folder, ready, onLine, isVerbose);
        children.Add(child);
        return child;
    }

    void WriteLine(string sentence) => output.WriteLine(sentence);

    static int[] FindFreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).Order()];
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}
