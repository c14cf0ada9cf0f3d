using System.Diagnostics;

namespace ConveyorActors.Cli.Bench;

/// <summary>One contender's figures over all rounds.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="What">What it does.</param>
/// <param name="MillionsPerSecond">The median rate.</param>
/// <param name="Ratio">The median of its ratio to the first contender in the same round.</param>
/// <param name="Lowest">The lowest of these ratios.</param>
/// <param name="Highest">The highest.</param>
/// <param name="Bar">What the ratio must reach; null for a rival.</param>
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
/// Lets all contenders run one after the other, round after round: only figures of one round are compared, because
/// machines change their pace.
/// </summary>
static class Contest
{
    const int FewestRounds = 3;

    /// <summary>Runs rounds until the time is used up, three at least. Ratios are to the first contender.</summary>
    public static async Task<(IReadOnlyList<ContestRow> Rows, int Rounds)> RunAsync(
        IReadOnlyList<Contender> contenders,
        TimeSpan time,
        Action<string> tell,
        CancellationToken cancellationToken
    )
    {
        tell("warming up");
        await RoundAsync(contenders, 4, cancellationToken).ConfigureAwait(false);
        var rounds = new List<double[]>();
        var watch = Stopwatch.StartNew();
        while (rounds.Count < FewestRounds || watch.Elapsed + watch.Elapsed / rounds.Count < time)
        {
            tell($"round {rounds.Count + 1}");
            rounds.Add(await RoundAsync(contenders, 1, cancellationToken).ConfigureAwait(false));
        }
        var rows = contenders.Select(
            (contender, i) =>
            {
                var ratios = rounds.Select(round => round[i] / round[0]).Order().ToArray();
                return new ContestRow(
                    contender.Name,
                    contender.What,
                    Median([.. rounds.Select(r => r[i]).Order()]),
                    Median(ratios),
                    ratios[0],
                    ratios[^1],
                    contender.Bar
                );
            }
        );
        return ([.. rows], rounds.Count);
    }

    /// <summary>Each contender's rate in millions of records a second.</summary>
    static async Task<double[]> RoundAsync(
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
                throw new InvalidOperationException($"{contender.Name}: the checksum is {sum}, it must be {expected}.");
        }
        return rates;
    }

    static double Median(double[] sorted) =>
        sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
