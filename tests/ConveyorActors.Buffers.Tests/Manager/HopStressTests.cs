using System.Diagnostics;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Three stages that multiply, limits of one to three, workers that wait for their hops: it must come to an end,
/// whatever the timing.
/// </summary>
[Collection(StressCollection.Name)]
public sealed class HopStressTests(ITestOutputHelper output)
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);
    static readonly string[] Stages = ["parse", "enrich", "store"];
    static readonly string[] Sources = ["web", "log", "bus"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tiny_limits_never_deadlock_hops_that_are_waited_for(bool inBytes)
    {
        var random = new Random(StressSeed.Next(output, $"{nameof(HopStressTests)}{(inBytes ? " in bytes" : "")}"));
        var watch = Stopwatch.StartNew();
        int rounds = 0,
            records = 0;
        for (; watch.Elapsed < Duration; rounds++)
        {
            var run = new Run(random.Next(), inBytes);
            try
            {
                records += await run.PlayAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"round {rounds}: {run}", e);
            }
        }
        output.WriteLine($"{rounds} rounds, {records:N0} results");
        Assert.True(rounds > 1);
    }

    sealed class Run
    {
        readonly BufferSettings settings;
        readonly int workers,
            sources,
            roots;
        readonly int seed;
        readonly bool mayFail;
        readonly BufferManager<int[]> manager;
        readonly List<string>[] arrived =
        [
            [],
            [],
            [],
        ];
        readonly TaskCompletionSource allArrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int results;

        public Run(int seed, bool inBytes)
        {
            this.seed = seed;
            var random = new Random(seed);
            settings = new()
            {
                MaxTotalRecords = 1 + random.Next(3),
                MaxPerStage = 1 + random.Next(3),
                MaxPerSource = 1 + random.Next(3),
                MaxTotalBytes = inBytes ? 4 + random.Next(4) : null,
                MaxBytesPerStage = inBytes && random.Next(2) == 0 ? 4 + random.Next(4) : null,
                MaxBytesPerSource = inBytes && random.Next(2) == 0 ? 4 + random.Next(4) : null,
                Stage = new()
                {
                    FullMode = FullMode.Wait,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                    Quantum = 1,
                },
            };
            // Records have 3 bytes, their children 2, and theirs 1: a result fits where its record was. Where results
            // may be larger, a worker that waits for its hop can keep the very records from being settled whose bytes
            // the hop waits for.
            (workers, sources, roots, mayFail) = (
                1 + random.Next(3),
                1 + random.Next(3),
                5 + random.Next(15),
                random.Next(2) == 0
            );
            manager = new(settings, new() { SizeOf = inBytes ? static r => 4 - r.Length : null });
        }

        public override string ToString() =>
            $"seed {seed}, {workers} workers, {sources} sources, {roots} roots; {settings}; {manager.GetSnapshot()}";

        public async Task<int> PlayAsync()
        {
            results = sources * Expected().Length;
            var offering = Enumerable
                .Range(0, sources)
                .Select(s =>
                    Task.Run(async () =>
                    {
                        for (var root = 0; root < roots; root++)
                            Assert.True((await manager.BufferForStageAsync("parse", Sources[s], [root])).IsAccepted);
                    })
                )
                .ToArray();
            var working = Enumerable
                .Range(0, Stages.Length * workers)
                .Select(w => Task.Run(() => Work(w % Stages.Length, new Random(seed + w))))
                .ToArray();
            await Within.Reason(Task.WhenAll(offering));
            if (results > 0)
                await Within.Reason(allArrived.Task);
            await Within.Reason(manager.StopAsync(TimeSpan.FromSeconds(10)));
            await Within.Reason(Task.WhenAll(working));
            for (var s = 0; s < sources; s++)
            {
                // With one worker the order is kept through all stages; with several each stage keeps it, and hops of
                // one source are one at a time.
                Assert.Equal(Expected(), workers == 1 ? arrived[s] : arrived[s].Order(StringComparer.Ordinal));
            }
            var end = manager.GetSnapshot();
            Assert.True(end.IsConserved, end.ToString());
            Assert.Equal(0, end.Total.Used);
            Assert.Equal(Math.Min(settings.MaxTotalRecords, settings.MaxPerSource), manager.AvailableCredits("web"));
            return results;
        }

        int Arrived() =>
            arrived.Sum(a =>
            {
                lock (a)
                    return a.Count;
            });

        async Task Work(int depth, Random random)
        {
            while (true)
            {
                var lease = await manager.GetBatchAsync(
                    Stages[depth],
                    new BatchRequest(1 + random.Next(3)) { Wait = true, OneSource = true }
                );
                if (lease.Count == 0)
                    return;
                if (mayFail && random.Next(8) == 0)
                {
                    manager.ReturnToBuffer(lease, "failed");
                    continue;
                }
                if (depth == 2)
                {
                    var end = arrived[Array.IndexOf(Sources, lease[0].SourceId)];
                    lock (end)
                        end.AddRange(lease.Select(r => Shown(r.Record)));
                    Assert.True(manager.Complete(lease).IsOk);
                    if (Arrived() >= results)
                        allArrived.TrySetResult();
                    continue;
                }
                var records = lease.Select(r => r.Record).ToArray();
                var result = await manager.HopAsync(
                    lease,
                    null,
                    Stages[depth + 1],
                    records.SelectMany(Children).ToArray()
                );
                Assert.Equal((SettleStatus.Ok, records.Length, 0), (result.Status, result.Settled, result.Waiting));
            }
        }

        /// <summary>None to three children of a record, as many as its numbers say.</summary>
        static IEnumerable<int[]> Children(int[] record) =>
            Enumerable.Range(0, (record[0] + record.Length + record[^1]) % 4).Select(c => (int[])[.. record, c]);

        string[] Expected()
        {
            var all = Enumerable
                .Range(0, roots)
                .Select(r => new[] { r })
                .SelectMany(Children)
                .SelectMany(Children)
                .Select(Shown);
            return workers == 1 ? [.. all] : [.. all.Order(StringComparer.Ordinal)];
        }

        static string Shown(int[] record) => string.Join('.', record);
    }
}
