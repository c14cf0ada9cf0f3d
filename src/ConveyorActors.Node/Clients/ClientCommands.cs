using System.CommandLine;
using System.Globalization;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// The verbs <c>produce</c> and <c>consume</c>: small programs that use a cluster, for the demo, for tests and as
/// examples.
/// </summary>
static class ClientCommands
{
    static readonly ValueKind<int?> Count = new(
        "a whole number from 1 to 10000",
        (string text, out int? value) =>
        {
            var isNumber =
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is >= 1 and <= 10_000;
            value = number;
            return isNumber;
        }
    );

    public static Command Produce() =>
        Create(
            "produce",
            "Offers numbered records to pipelines of a cluster, and prints what is acknowledged as persisted.",
            isProducer: true
        );

    public static Command Consume() =>
        Create("consume", "Leases, prints and completes the records of pipelines of a cluster.", isProducer: false);

    /// <summary>Returns the names of the pipelines that both verbs use.</summary>
    public static IEnumerable<string> GetPipelineNames(int count) =>
        Enumerable.Range(1, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"pipeline-{n}"));

    static Command Create(string name, string description, bool isProducer)
    {
        var verb = new Command(name, description);
        var flags = NodeFlags.CreateForClient();
        var pipelines = NodeFlag.Create("--pipelines", "N", "How many pipelines. Default: 6");
        var sources = NodeFlag.Create("--sources", "N", "How many sources in each pipeline. Default: 1");
        var source = NodeFlag.Create("--name", "NAME", "What the names of the sources begin with. Default: source");
        var interval = NodeFlag.Create(
            "--interval",
            "TIME",
            "How long to wait between two records of a source. Default: 10ms"
        );
        foreach (
            var flag in new Option[]
            {
                flags.Host,
                flags.Seed,
                flags.Fast,
                flags.SeedTimeout,
                flags.ConfigFile,
                flags.TlsCertificate,
                flags.TlsAuthority,
                pipelines,
            }
        )
            verb.Options.Add(flag);
        if (isProducer)
            foreach (var flag in new[] { sources, source, interval })
                verb.Options.Add(flag);
        verb.SetAction(
            async (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var given = NodeArguments.Read(flags, parsed, Environment.GetEnvironmentVariable, inputErrors);
                if (
                    given.Seeds.Count == 0
                    && !inputErrors.All.Any(e => e.StartsWith("--seed ", StringComparison.Ordinal))
                )
                    inputErrors.Add("--seed is missing; it must be HOST:PORT of a node, such as 127.0.0.1:4053");
                var work = new ClientWork(
                    ReadValue(pipelines, Count, 6),
                    ReadValue(sources, Count, 1),
                    ReadValue(source, Kinds.Role, "source")!,
                    ReadValue(interval, Kinds.Time, TimeSpan.FromMilliseconds(10)) ?? default
                );
                if (inputErrors.Any)
                    return CommandLine.ReportUsageErrors(inputErrors.All);
                return await RunAsync(given, work, isProducer).ConfigureAwait(false);

                T? ReadValue<T>(NodeFlag flag, ValueKind<T> kind, T byDefault) =>
                    verb.Options.Contains(flag)
                    && flag.Read(parsed, Environment.GetEnvironmentVariable) is [var (where, text), ..]
                        ? inputErrors.Read(kind, where, text) is { } read
                            ? read.Value
                            : default
                        : byDefault;
            }
        );
        return verb;
    }

    static async Task<int> RunAsync(NodeArguments given, ClientWork work, bool isProducer)
    {
        using var signals = new StopSignals(
            TimeProvider.System,
            () => { },
            () => Environment.Exit(ExitCodes.Interrupted)
        );
        var client = await ClusterClient.JoinAsync(given, signals.Token).ConfigureAwait(false);
        await using (client.ConfigureAwait(false))
        {
            var reports = new Reports(Console.Out, TimeProvider.System);
            reports.WriteJoined();
            Task[] running =
            [
                .. isProducer
                    ? StartProducers(client, reports, work, signals.Token)
                    : StartConsumers(client, reports, work, signals.Token),
            ];
            // Unless there was a signal, the first task to end has failed.
            var first = await Task.WhenAny([.. running, client.Ended]).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            if (first == client.Ended)
            {
                throw new NodeException(
                    ExitCodes.Removed,
                    client.HasNoNodes
                        ? "all nodes have left the cluster; they form a new one when they are started again. Then start this program again"
                        : "the cluster removed this program: it was unreachable for too long, or no node with pipelines is left. Start the nodes if they have stopped, then start this program again"
                );
            }
            await Task.WhenAll(running).ConfigureAwait(false);
            return ExitCodes.Done;
        }
    }

    static IEnumerable<Task> StartProducers(
        ClusterClient client,
        Reports reports,
        ClientWork work,
        CancellationToken stop
    )
    {
        var producer = new Producer(client.Buffers, reports, work.Interval);
        return
        [
            .. from pipeline in GetPipelineNames(work.Pipelines ?? 0)
            from number in Enumerable.Range(1, work.Sources ?? 0)
            select Task.Run(
                () =>
                    producer.RunAsync(
                        pipeline,
                        string.Create(CultureInfo.InvariantCulture, $"{work.Name}{number}"),
                        stop
                    ),
                CancellationToken.None
            ),
        ];
    }

    static IEnumerable<Task> StartConsumers(
        ClusterClient client,
        Reports reports,
        ClientWork work,
        CancellationToken stop
    )
    {
        var consumer = new Consumer(client.Buffers, reports);
        return
        [
            .. GetPipelineNames(work.Pipelines ?? 0)
                .Select(pipeline => Task.Run(() => consumer.RunAsync(pipeline, stop), CancellationToken.None)),
        ];
    }

    sealed record ClientWork(int? Pipelines, int? Sources, string Name, TimeSpan Interval);
}
