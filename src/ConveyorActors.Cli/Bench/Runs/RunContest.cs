using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace ConveyorActors.Cli.Bench.Runs;

/// <summary>The figures of one way to process the lines with the commands, over all rounds.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of what the contender does.</param>
/// <param name="Seconds">The median of the elapsed times, in seconds.</param>
/// <param name="ProcessorSeconds">The median of the processor times including the commands, in seconds.</param>
sealed record RunRow(string Name, string What, double Seconds, double ProcessorSeconds);

/// <summary>A bar, with the figure that should not exceed it.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of the figure.</param>
/// <param name="Value">The median over all rounds.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Bar">The highest value that passes.</param>
sealed record RunBar(string Name, string What, double Value, string Unit, double Bar)
{
    public bool IsMet => Value <= Bar;
}

/// <summary>
/// Compares <c>conveyor run</c> with the tools that it replaces, on one file, in repeated rounds. All contenders of one
/// kind must write the same bytes.
/// </summary>
sealed class RunContest(string directory, string file, string conveyor, bool hasParallel, int fewestRounds = 3)
{
    const string OneStage = "cut -f1,2";

    static readonly string[] ThreeStages = [OneStage, "tr a-z A-Z", "sed s/^/x/"];

    sealed record Contender(string Name, string What, string Script, Output Output = Output.OneStage);

    /// <summary>
    /// Specifies the kind of output of a contender. Contenders of the same kind write the same bytes.
    /// </summary>
    enum Output
    {
        OneStage,
        ThreeStages,
        Input,
    }

    /// <summary>Gets the number of lines in the file.</summary>
    public long Lines { get; private set; }

    public async Task<(IReadOnlyList<RunRow> Rows, IReadOnlyList<RunBar> Bars, int Rounds)> RunAsync(
        TimeSpan time,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        Lines = await CountLinesAsync(cancellationToken).ConfigureAwait(false);
        var contenders = CreateContenders().ToList();
        report("warming up");
        await RunRoundAsync(contenders, cancellationToken).ConfigureAwait(false);
        List<ScriptCost[]> rounds = [];
        var watch = Stopwatch.StartNew();
        while (rounds.Count < fewestRounds || watch.Elapsed + watch.Elapsed / rounds.Count < time)
        {
            report($"round {rounds.Count + 1}");
            rounds.Add(await RunRoundAsync(contenders, cancellationToken).ConfigureAwait(false));
        }
        double GetMedian(Func<ScriptCost[], double> figure) => ComputeMedian(rounds.Select(figure));
        int Find(string name) => contenders.FindIndex(c => c.Name == name);
        double Compare(string one, string other) => GetMedian(r => r[Find(one)].Elapsed / r[Find(other)].Elapsed);
        return (
            [
                .. contenders.Select(
                    (c, i) =>
                        new RunRow(
                            c.Name,
                            c.What,
                            GetMedian(r => r[i].Elapsed.TotalSeconds),
                            GetMedian(r => r[i].Processor.TotalSeconds)
                        )
                ),
            ],
            [
                .. hasParallel
                    ?
                    [
                        new("run_to_parallel", "run : parallel, time", Compare("run", "parallel"), "x", 1),
                        new("data_to_parallel", "run_data : parallel, time", Compare("run_data", "parallel"), "x", 1.3),
                    ]
                    : (RunBar[])[],
                new("three_to_pipe", "run_three : pipe_three, time", Compare("run_three", "pipe_three"), "x", 3),
                new(
                    "stays_per_line",
                    "run_stays: time for each line",
                    GetMedian(r => r[Find("run_stays")].Elapsed.TotalMicroseconds / Lines),
                    "µs",
                    1
                ),
                new(
                    "per_line",
                    "processor time for each line beyond that of pipe",
                    GetMedian(r => (r[Find("run")].Processor - r[Find("pipe")].Processor).TotalMicroseconds / Lines),
                    "µs",
                    0.5
                ),
            ],
            rounds.Count
        );
    }

    IEnumerable<Contender> CreateContenders()
    {
        var input = Quote(file);
        yield return new("pipe", $"the shell: {OneStage}", $"{OneStage} < {input} > out");
        if (hasParallel)
            yield return new(
                "parallel",
                "GNU parallel --pipe -k --block 1M",
                $"parallel --pipe -k --block 1M {Quote(OneStage)} < {input} > out"
            );
        yield return new("run", "conveyor run --keep-order", Run([OneStage], ""));
        yield return new(
            "run_data",
            "conveyor run --keep-order --data",
            $"rm -rf data\n{Run([OneStage], "--data data")}"
        );
        yield return new("pipe_cat", "the shell: cat", $"cat < {input} | cat > out", Output.Input);
        yield return new(
            "run_stays",
            "conveyor run --keep-order --persistent, with cat",
            Run(["cat"], "--persistent s0"),
            Output.Input
        );
        yield return new(
            "pipe_three",
            "the shell: three commands in a pipe",
            $"{ThreeStages[0]} < {input} | {ThreeStages[1]} | {ThreeStages[2]} > out",
            Output.ThreeStages
        );
        yield return new(
            "run_three",
            "conveyor run --keep-order, three stages",
            Run(ThreeStages, ""),
            Output.ThreeStages
        );
    }

    string Run(string[] stages, string more) =>
        $"{conveyor} run --progress none --keep-order --source {Quote(file)} {string.Join(' ', stages.Select((s, i) => $"--stage {Quote($"s{i}={s}")}"))} --sink out {more}";

    /// <summary>Runs each contender once.</summary>
    /// <exception cref="InvalidOperationException">Two contenders wrote different bytes.</exception>
    async Task<ScriptCost[]> RunRoundAsync(List<Contender> contenders, CancellationToken cancellationToken)
    {
        var costs = new ScriptCost[contenders.Count];
        var expected = new Dictionary<Output, string>();
        for (var i = 0; i < costs.Length; i++)
        {
            var output = Path.Combine(directory, "out");
            File.Delete(output);
            costs[i] = await TimedScript
                .RunAsync(directory, $"export LC_ALL=C\n{contenders[i].Script}", cancellationToken)
                .ConfigureAwait(false);
            await using var written = File.OpenRead(output);
            var sum = Convert.ToHexString(await SHA256.HashDataAsync(written, cancellationToken).ConfigureAwait(false));
            if (expected.TryAdd(contenders[i].Output, sum) || expected[contenders[i].Output] == sum)
                continue;
            throw new InvalidOperationException($"{contenders[i].Name} wrote different bytes than the shell's pipe.");
        }
        return costs;
    }

    async Task<long> CountLinesAsync(CancellationToken cancellationToken)
    {
        long lines = 0;
        var buffer = new byte[1 << 20];
        await using var stream = File.OpenRead(file);
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            lines += buffer.AsSpan(0, count).Count((byte)'\n');
        return Math.Max(1, lines);
    }

    internal static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    static double ComputeMedian(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>
    /// Writes a table of tab-separated columns like those of logs and package lists: names, versions, licences, words.
    /// </summary>
    public static async Task WriteTableAsync(string path, int lines, CancellationToken cancellationToken)
    {
        var random = new Random(3);
        await using var table = new StreamWriter(path);
        for (var i = 0; i < lines; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await table
                .WriteAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Name.Of.Package{i:D7}\t{random.Next(9)}.{random.Next(99)}.{random.Next(99)}\tMIT\tsome words of a summary {random.Next():x8}\n"
                    )
                )
                .ConfigureAwait(false);
        }
    }
}
