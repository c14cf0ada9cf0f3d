using System.Diagnostics;

namespace ConveyorActors.Cli.Bench;

/// <summary>One contender's figures over all rounds.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of what the contender does.</param>
/// <param name="MillionsPerSecond">The median rate, in millions of records a second.</param>
/// <param name="Ratio">The median of the ratios to the first contender in the same round.</param>
/// <param name="Lowest">The lowest of these ratios.</param>
/// <param name="Highest">The highest of these ratios.</param>
/// <param name="Bar">The value that the ratio must reach; null for a rival.</param>
sealed record ContestRow(
    string Name,
    string What,
    double MillionsPerSecond,
    double Ratio,
    double Lowest,
    double Highest,
    double? Bar
)
{
    public bool? IsMet => Bar is { } bar ? Ratio >= bar : null;
}

/// <summary>
/// Runs all contenders one after the other, in repeated rounds. Only figures of the same round are compared, because
/// the speed of a machine varies.
/// </summary>
static class Contest
{
    const int MinRounds = 3;

    /// <summary>
    /// Runs rounds until the time is used up, at least three. Ratios are relative to the first contender.
    /// </summary>
    public static async Task<(IReadOnlyList<ContestRow> Rows, int Rounds)> RunAsync(
        IReadOnlyList<Contender> contenders,
        TimeSpan time,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        report("warming up");
        await RunRoundAsync(contenders, 4, cancellationToken).ConfigureAwait(false);
        var rounds = new List<double[]>();
        var watch = Stopwatch.StartNew();
        while (rounds.Count < MinRounds || watch.Elapsed + watch.Elapsed / rounds.Count < time)
        {
            report($"round {rounds.Count + 1}");
            rounds.Add(await RunRoundAsync(contenders, 1, cancellationToken).ConfigureAwait(false));
        }
        var rows = contenders.Select(
            (contender, i) =>
            {
                var ratios = rounds.Select(round => round[i] / round[0]).Order().ToArray();
                return new ContestRow(
                    contender.Name,
                    contender.What,
                    ComputeMedian([.. rounds.Select(r => r[i]).Order()]),
                    ComputeMedian(ratios),
                    ratios[0],
                    ratios[^1],
                    contender.Bar
                );
            }
        );
        return ([.. rows], rounds.Count);
    }

    /// <summary>Returns each contender's rate in millions of records a second.</summary>
    static async Task<double[]> RunRoundAsync(
        IReadOnlyList<Contender> contenders,
        int fraction,
        CancellationToken cancellationToken
    )
    {
        var rates = new double[contenders.Count];
        for (var i = 0; i < rates.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var contender = contenders[i];
            var records = contender.Records / fraction;
            GC.Collect();
            var watch = Stopwatch.StartNew();
            var sum = await contender.MoveAsync(records, watch).ConfigureAwait(false);
            rates[i] = records / watch.Elapsed.TotalSeconds / 1e6;
            var expected = (long)records * (records - 1) / 2;
            if (sum != expected)
                throw new InvalidOperationException($"{contender.Name}: the checksum is {sum}; it must be {expected}.");
        }
        return rates;
    }

    static double ComputeMedian(double[] sorted) =>
        sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
