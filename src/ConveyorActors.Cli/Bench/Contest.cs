using System.Diagnostics;

namespace ConveyorActors.Cli.Bench;

/// <summary>One contender's figures over all rounds.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="What">What it does.</param>
/// <param name="MillionsPerSecond">The median rate.</param>
/// <param name="Ratio">The median of its ratio to the bounded channel in the same round.</param>
/// <param name="Lowest">The lowest of these ratios.</param>
/// <param name="Highest">The highest.</param>
/// <param name="Bar">What the ratio must reach; null for a rival.</param>
sealed record ContestRow(string Name, string What, double MillionsPerSecond, double Ratio, double Lowest, double Highest, double? Bar)
{
    public bool? IsMet => Bar is { } bar ? Ratio >= bar : null;
}

/// <summary>Lets all contenders run one after the other, round after round: only figures of one round are compared, because machines change their pace.</summary>
static class Contest
{
    const int FewestRounds = 3;

    static readonly Contender[] Contenders =
    [
        new("channel_bounded", "Channel, capacity 16,384", 3_000_000, Rivals.BoundedChannel),
        new("channel_unbounded", "Channel without a bound", 4_000_000, Rivals.UnboundedChannel),
        new("buffer_block", "Dataflow BufferBlock, bounded", 1_500_000, Rivals.BufferBlock),
        new("concurrent_queue", "ConcurrentQueue, spinning", 4_000_000, Rivals.ConcurrentQueue),
        new("core", "per-core buffers, 1 producer", 12_000_000, static n => Ours.Cores(n, 1), Bar: 4),
        new("core_2", "per-core buffers, 2 producers", 12_000_000, static n => Ours.Cores(n, 2), Bar: 4),
        new("hop", "3 limits, offers of 1, leases of 256", 5_000_000, static n => Ours.Hop(n, 1), Bar: 2),
        new("hop_batch", "3 limits, offers of 64, leases of 256", 16_000_000, static n => Ours.Hop(n, 64), Bar: 6),
    ];

    /// <summary>Runs rounds until the time is used up, three at least.</summary>
    public static async Task<(IReadOnlyList<ContestRow> Rows, int Rounds)> RunAsync(TimeSpan time, Action<string> tell, CancellationToken cancellation)
    {
        tell("warming up");
        await RoundAsync(4, cancellation).ConfigureAwait(false);
        var rounds = new List<double[]>();
        var watch = Stopwatch.StartNew();
        while (rounds.Count < FewestRounds || watch.Elapsed + watch.Elapsed / rounds.Count < time)
        {
            tell($"round {rounds.Count + 1}");
            rounds.Add(await RoundAsync(1, cancellation).ConfigureAwait(false));
        }
        var rows = Contenders.Select((contender, i) =>
        {
            var ratios = rounds.Select(round => round[i] / round[0]).Order().ToArray();
            return new ContestRow(contender.Name, contender.What, Median([.. rounds.Select(r => r[i]).Order()]), Median(ratios), ratios[0], ratios[^1], contender.Bar);
        });
        return ([.. rows], rounds.Count);
    }

    /// <summary>Each contender's rate in millions of records a second.</summary>
    static async Task<double[]> RoundAsync(int fraction, CancellationToken cancellation)
    {
        var rates = new double[Contenders.Length];
        for (var i = 0; i < rates.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var contender = Contenders[i];
            var records = contender.Records / fraction;
            GC.Collect();
            var watch = Stopwatch.StartNew();
            var sum = await contender.MoveAsync(records).ConfigureAwait(false);
            rates[i] = records / watch.Elapsed.TotalSeconds / 1e6;
            var expected = (long)records * (records - 1) / 2;
            if (sum != expected) throw new InvalidOperationException($"{contender.Name}: the checksum is {sum}, it must be {expected}.");
        }
        return rates;
    }

    static double Median(double[] sorted) => sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
