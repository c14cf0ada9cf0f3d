using System.Buffers.Binary;
using System.Diagnostics;
using ConveyorActors.Buffers;

namespace ConveyorActors.Cli.Bench.Stores;

/// <summary>The figures of one way to keep records on disk, over all rounds.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of what the contender does.</param>
/// <param name="PerSecond">The median rate, in records a second.</param>
sealed record StoreRow(string Name, string What, double PerSecond);

/// <summary>A bar, with the figure that should reach it.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of the figure.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Bar">The value to compare with.</param>
/// <param name="IsCeiling">True if the value must not be higher than the bar, false if it must not be lower.</param>
sealed record StoreBar(string Name, string What, double Value, string Unit, double Bar, bool IsCeiling)
{
    public bool IsMet => IsCeiling ? Value <= Bar : Value >= Bar;
}

/// <summary>Measures the data directory and its rivals on the same disk, in repeated rounds.</summary>
static class StoreContest
{
    public const int RecordBytes = 256;
    const int Producers = 64,
        MinRounds = 3,
        StartRecords = 1_000_000,
        SettleRecords = 256 * 1_000;

    const string SqliteEach = "sqlite_each",
        AppendSynced = "append_synced",
        Append = "append",
        Persisted = "disk",
        Buffered = "memory";

    sealed record Contender(
        string Name,
        string What,
        int Records,
        Func<string, int, Task<(TimeSpan Elapsed, long Bytes)>> KeepAsync
    );

    static readonly Contender[] Contenders =
    [
        new(
            SqliteEach,
            "plain SQLite, a transaction for each record",
            1_000,
            static (d, n) => OtherStoreContenders.InsertEachWithSqliteAsync(d, n, Producers)
        ),
        new(
            AppendSynced,
            "raw append, grouped fsyncs",
            60_000,
            static (d, n) => OtherStoreContenders.AppendSyncedAsync(d, n, Producers)
        ),
        new(
            Append,
            "raw append, a write for each record, no fsync",
            300_000,
            static (d, n) => OtherStoreContenders.AppendAsync(d, n, Producers)
        ),
        new(
            Persisted,
            "data directory, acknowledged persisted",
            60_000,
            static (d, n) => ConveyorStoreContenders.OfferAsync(d, n, Producers, AckLevel.Persisted)
        ),
        new(
            Buffered,
            "data directory, acknowledged buffered",
            300_000,
            static (d, n) => ConveyorStoreContenders.OfferAsync(d, n, Producers, AckLevel.Buffered)
        ),
    ];

    public static async Task<(IReadOnlyList<StoreRow> Rows, IReadOnlyList<StoreBar> Bars, int Rounds)> RunAsync(
        string directory,
        TimeSpan time,
        Action<string> report,
        CancellationToken cancellationToken
    )
    {
        var watch = Stopwatch.StartNew();
        report("warming up");
        for (var i = 0; i < 4; i++)
            await RunRoundAsync(directory, 2, cancellationToken).ConfigureAwait(false);
        report("start-up");
        var start = await ScratchDirectory
            .RunAsync(directory, d => ConveyorStoreContenders.StartAsync(d, StartRecords), cancellationToken)
            .ConfigureAwait(false);
        report("settling");
        await SettleAsync(directory, SettleRecords / 4, cancellationToken).ConfigureAwait(false);
        var settling = new List<double>();
        var rounds = new List<double[]>();
        var before = watch.Elapsed;
        while (rounds.Count < MinRounds || watch.Elapsed + (watch.Elapsed - before) / rounds.Count < time)
        {
            report($"round {rounds.Count + 1}");
            rounds.Add(await RunRoundAsync(directory, 1, cancellationToken).ConfigureAwait(false));
            var (accepting, settled) = await SettleAsync(directory, SettleRecords, cancellationToken)
                .ConfigureAwait(false);
            settling.Add(settled / accepting);
        }
        return (CreateRows(rounds), CreateBars(rounds, settling, start), rounds.Count);
    }

    static Task<(TimeSpan Accepting, TimeSpan Settling)> SettleAsync(
        string directory,
        int records,
        CancellationToken cancellationToken
    ) =>
        ScratchDirectory.RunAsync(
            directory,
            d => ConveyorStoreContenders.AcceptAndSettleAsync(d, records),
            cancellationToken
        );

    static IReadOnlyList<StoreRow> CreateRows(List<double[]> rounds) =>
        [.. Contenders.Select((c, i) => new StoreRow(c.Name, c.What, ComputeMedian(rounds.Select(r => r[i]))))];

    /// <summary>Returns the figures that have a bar: ratios of the rates, settling and opening.</summary>
    static IReadOnlyList<StoreBar> CreateBars(
        List<double[]> rounds,
        List<double> settling,
        (TimeSpan Opening, double Megabytes, long Loaded) start
    )
    {
        double ComputeRatio(string one, string other) =>
            ComputeMedian(rounds.Select(r => r[IndexOf(one)] / r[IndexOf(other)]));
        return
        [
            new(
                "disk_to_sqlite",
                "acknowledged as persisted : a transaction for each record",
                ComputeRatio(Persisted, SqliteEach),
                "x",
                100,
                false
            ),
            new(
                "disk_to_append",
                "acknowledged as persisted : raw append with grouped fsyncs",
                ComputeRatio(Persisted, AppendSynced),
                "x",
                1.0 / 3,
                false
            ),
            new(
                "memory_to_append",
                "acknowledged as buffered : raw append without fsync",
                ComputeRatio(Buffered, Append),
                "x",
                0.5,
                false
            ),
            new("settling", "settling : accepting, until on disk", ComputeMedian(settling), "x", 1, true),
            new("start", "start-up with 1,000,000 records pending", start.Opening.TotalSeconds, "s", 10, true),
            new(
                "start_memory",
                $"memory after it under a limit of {StartRecords / 10:N0} records ({start.Loaded:N0} loaded)",
                start.Megabytes,
                "MB",
                StartRecords / 10 * 1e-6 * (RecordBytes + 256),
                true
            ),
        ];
    }

    static int IndexOf(string contender) => Array.FindIndex(Contenders, c => c.Name == contender);

    /// <summary>
    /// Shares numbered records among producers that each wait for one record to be kept before they offer the next.
    /// Returns the elapsed time.
    /// </summary>
    public static async Task<TimeSpan> OfferEachAsync(
        int records,
        int producers,
        Func<int, byte[], ValueTask> keepAsync,
        Func<Task>? andThen = null
    )
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
                Enumerable
                    .Range(0, producers)
                    .Select(producer =>
                        Task.Run(async () =>
                        {
                            for (var number = producer; number < records; number += producers)
                                await keepAsync(producer, CreatePayload(number)).ConfigureAwait(false);
                        })
                    )
            )
            .ConfigureAwait(false);
        if (andThen is not null)
            await andThen().ConfigureAwait(false);
        return watch.Elapsed;
    }

    public static byte[] CreatePayload(int number)
    {
        var bytes = new byte[RecordBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }

    static async Task<double[]> RunRoundAsync(string directory, int fraction, CancellationToken cancellationToken)
    {
        var rates = new double[Contenders.Length];
        for (var i = 0; i < rates.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (contender, records) = (Contenders[i], Contenders[i].Records / fraction);
            GC.Collect();
            var (elapsed, kept) = await ScratchDirectory
                .RunAsync(directory, d => contender.KeepAsync(d, records), cancellationToken)
                .ConfigureAwait(false);
            if (kept != (long)records * RecordBytes)
                throw new InvalidOperationException(
                    $"{contender.Name}: {kept} bytes are stored; it must be {(long)records * RecordBytes}."
                );
            rates[i] = records / elapsed.TotalSeconds;
        }
        return rates;
    }

    static double ComputeMedian(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
