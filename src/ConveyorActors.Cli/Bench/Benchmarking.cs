using System.Text.Json;
using Spectre.Console;

namespace ConveyorActors.Cli.Bench;

/// <summary>Measures the buffers, prints the table and writes the JSON.</summary>
static class Benchmarking
{
    static readonly Contender[] Contenders =
    [
        new(
            "channel_bounded",
            "Channel, capacity 16,384",
            3_000_000,
            static (n, _) => OtherContenders.RunBoundedChannelAsync(n)
        ),
        new(
            "channel_unbounded",
            "Channel without a bound",
            4_000_000,
            static (n, _) => OtherContenders.RunUnboundedChannelAsync(n)
        ),
        new(
            "buffer_block",
            "Dataflow BufferBlock, bounded",
            1_500_000,
            static (n, _) => OtherContenders.RunBufferBlockAsync(n)
        ),
        new(
            "concurrent_queue",
            "ConcurrentQueue, spinning",
            4_000_000,
            static (n, _) => OtherContenders.RunConcurrentQueueAsync(n)
        ),
        new(
            "core",
            "per-core buffers, 1 producer",
            12_000_000,
            static (n, _) => ConveyorContenders.RunCoresAsync(n, 1),
            Bar: 6
        ),
        new(
            "core_2",
            "per-core buffers, 2 producers",
            12_000_000,
            static (n, _) => ConveyorContenders.RunCoresAsync(n, 2),
            Bar: 6
        ),
        new(
            "hop",
            "3 limits, offers of 1, leases of 256",
            5_000_000,
            static (n, _) => ConveyorContenders.RunHopAsync(n, 1),
            Bar: 2.5
        ),
        new(
            "hop_batch",
            "3 limits, offers of 64, leases of 256",
            16_000_000,
            static (n, _) => ConveyorContenders.RunHopAsync(n, 64),
            Bar: 8
        ),
    ];

    static readonly Contender[] OnOneThread =
    [
        new(
            "channel_in_turn",
            "Channel, written and read in turn",
            2_000_000,
            static (n, _) => SingleThreadContenders.RunBoundedChannel(n)
        ),
        new(
            "hop_in_turn",
            "hop on one thread",
            2_000_000,
            static (n, _) => SingleThreadContenders.RunHop(n, 1),
            Bar: 1.2
        ),
        new(
            "hop_batch_in_turn",
            "hop_batch on one thread",
            8_000_000,
            static (n, _) => SingleThreadContenders.RunHop(n, 64),
            Bar: 5
        ),
    ];

    /// <summary>
    /// Runs the measurement. Returns 0 if every checksum was right, even if a bar is missed, since a busy machine is no
    /// fault.
    /// </summary>
    public static async Task<int> RunAsync(BenchRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        if (request.OfRun)
            return await Runs.RunBenchmarking.RunAsync(request, terminal, cancellationToken).ConfigureAwait(false);
        if (await DefaultRuntime.RunAsync(cancellationToken).ConfigureAwait(false) is { } exitCode)
            return exitCode;
        if (request.Data is not null)
            return await Stores.StoreBenchmarking.RunAsync(request, terminal, cancellationToken).ConfigureAwait(false);
        using var output = JsonFile.Open(request.JsonPath);
        void Report(string what)
        {
            if (terminal.ErrorIsTerminal)
                terminal.Error.Write($"\r\e[K{what} ...");
        }

        // The costs take about a quarter of the time, the contests the rest.
        var costs = Costs.Measure(Report, cancellationToken);
        var (rows, rounds) = await Contest
            .RunAsync(Contenders, request.Duration * 0.6, Report, cancellationToken)
            .ConfigureAwait(false);
        var (inTurn, _) = await Contest
            .RunAsync(OnOneThread, request.Duration * 0.15, Report, cancellationToken)
            .ConfigureAwait(false);
        if (terminal.ErrorIsTerminal)
            terminal.Error.Write("\r\e[K");
        var machine = ContestTable.Machine;
        Print(terminal.CreateOutConsole(), rows, inTurn, costs, rounds, machine);
        if (output is not null)
        {
            var report = new BufferReport(machine, rounds, rows, inTurn, costs);
            var json = JsonSerializer.Serialize(report, BenchReports.Default.BufferReport);
            await output.WriteAsync(json, cancellationToken).ConfigureAwait(false);
        }
        return ExitCodes.Done;
    }

    static void Print(
        IAnsiConsole console,
        IReadOnlyList<ContestRow> rows,
        IReadOnlyList<ContestRow> inTurn,
        IReadOnlyList<CostRow> costs,
        int rounds,
        string machine
    )
    {
        console.Write(ContestTable.Create(rows));
        console.Write(ContestTable.Create(inTurn));
        var cost = new Table().Border(TableBorder.Markdown).AddColumns("cost", "what");
        foreach (var column in new[] { "figure", "at most", "" })
            cost.AddColumn(new TableColumn(column).RightAligned());
        foreach (var row in costs)
            cost.AddRow(
                row.Name,
                row.What,
                $"{row.Value:F2} {row.Unit}",
                $"{row.Ceiling:0.##} {row.Unit}",
                ContestTable.FormatVerdict(row.IsMet)
            );
        console.Write(cost);
        console.WriteLine(
            $"{rounds} rounds; medians; ratio: to the first of its table in the same round, with one producer and one consumer, on one thread in the second table; every checksum was right."
        );
        console.WriteLine(machine);
    }
}
