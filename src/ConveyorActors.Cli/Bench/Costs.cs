using System.Diagnostics;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Cli.Bench;

/// <summary>A measured figure with a ceiling.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="What">A short description of the figure.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Unit">The unit of the value.</param>
/// <param name="Ceiling">The value that must not be exceeded.</param>
sealed record CostRow(string Name, string What, double Value, string Unit, double Ceiling)
{
    public bool IsMet => Value <= Ceiling;
}

/// <summary>
/// Measures the costs of a record: with many stages, with many pending records, in allocations and in memory. Only one
/// thread is used, so that the figures contain no waiting.
/// </summary>
static class Costs
{
    const int Burst = 256;
    const int Million = 1_000_000;

    public static IReadOnlyList<CostRow> Measure(Action<string> report, CancellationToken cancellationToken)
    {
        report("cost with many stages and sources");
        var spread = MeasureRatio(() => MeasureSpread(1), () => MeasureSpread(1_000), cancellationToken);
        report("cost with many pending records");
        var filled = MeasureRatio(() => MeasureFilled(1_000), () => MeasureFilled(Million), cancellationToken);
        report("allocations and memory");
        return
        [
            new("many_stages", "cost per record, 1,000 stages and sources : 1", spread, "x", 1.25),
            new("many_pending", "cost per record, 1,000,000 pending : 1,000", filled, "x", 1.1),
            new("core_allocated", "allocated per record, per-core Enqueue", MeasureCoreAllocations(), "B", 0.1),
            new("hop_allocated", "allocated per record, offers of 1", MeasureHopAllocations(1), "B", 1),
            new("hop_batch_allocated", "allocated per record, offers of 64", MeasureHopAllocations(64), "B", 1),
            new("pending_overhead", "memory per pending record beyond the record", MeasurePendingOverhead(), "B", 96),
        ];
    }

    /// <summary>Returns the median ratio of two costs that are measured alternately.</summary>
    static double MeasureRatio(Func<Func<double>> one, Func<Func<double>> many, CancellationToken cancellationToken)
    {
        const int rounds = 9;
        var (measureOne, measureMany) = (one(), many());
        var ratios = new double[rounds];
        for (var i = -2; i < rounds; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (single, multiple) = (measureOne(), measureMany());
            if (i >= 0)
                ratios[i] = multiple / single;
        }
        Array.Sort(ratios);
        return ratios[rounds / 2];
    }

    /// <summary>Measures bursts of records; each source has its own stage, and the stages take turns.</summary>
    static Func<double> MeasureSpread(int stages)
    {
        var manager = new BufferManager<long>(new() { MaxTotalRecords = Million });
        string[] stageNames = [.. Enumerable.Range(0, stages).Select(i => $"stage-{i}")];
        string[] sourceNames = [.. Enumerable.Range(0, stages).Select(i => $"source-{i}")];
        return () =>
        {
            const int bursts = 2_000;
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < bursts; i++)
                CycleRecords(manager, stageNames[i % stages], sourceNames[i % stages]);
            return Stopwatch.GetElapsedTime(start).TotalNanoseconds / (bursts * Burst);
        };
    }

    /// <summary>Measures records that pass through a queue which already holds the given number of records.</summary>
    static Func<double> MeasureFilled(int pending)
    {
        var manager = CreateRoomyManager(2 * Million);
        Fill(manager, pending);
        return () =>
        {
            // Cycle as many records as are pending, so that the whole queue passes through the processor's caches.
            var bursts = Million / Burst;
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < bursts; i++)
                CycleRecords(manager, "filter", "kafka-1");
            return Stopwatch.GetElapsedTime(start).TotalNanoseconds / (bursts * Burst);
        };
    }

    static void CycleRecords(BufferManager<long> manager, string stage, string source)
    {
        for (var i = 0; i < Burst; i++)
            manager.BufferForStage(stage, source, i);
        manager.Complete(manager.GetBatch(stage, Burst));
    }

    static double MeasureHopAllocations(int batch)
    {
        using var scope = new Disposing(CreateRoomyManager(Million));
        var records = new long[batch];
        void Run()
        {
            for (var i = 0; i < Burst; i += batch)
            {
                if (batch == 1)
                    scope.Manager.BufferForStage("filter", "kafka-1", i);
                else
                    scope.Manager.BufferBatchForStage("filter", "kafka-1", records);
            }
            scope.Manager.Complete(scope.Manager.GetBatch("filter", Burst));
        }
        for (var i = 0; i < 100; i++)
            Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int runs = 2_000;
        for (var i = 0; i < runs; i++)
            Run();
        return (double)(GC.GetAllocatedBytesForCurrentThread() - before) / (runs * Burst);
    }

    static double MeasureCoreAllocations()
    {
        var cores = new CoreBuffers<long>(static (_, _, _) => ValueTask.CompletedTask, new() { Capacity = Million });
        cores.Start();
        for (var i = 0; i < 1_000; i++)
            cores.Enqueue(i);
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int records = 500_000;
        for (var i = 0; i < records; i++)
            cores.Enqueue(i);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        cores.StopAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();
        return (double)allocated / records;
    }

    static double MeasurePendingOverhead()
    {
        using var scope = new Disposing(CreateRoomyManager(2 * Million));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Fill(scope.Manager, Million);
        return (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / Million - sizeof(long);
    }

    static BufferManager<long> CreateRoomyManager(int records) =>
        new(
            new()
            {
                MaxTotalRecords = records,
                MaxPerStage = records,
                MaxPerSource = records,
            }
        );

    static void Fill(BufferManager<long> manager, int records)
    {
        var batch = new long[1_000];
        for (var i = 0; i < records; i += batch.Length)
            manager.BufferBatchForStage("filter", "kafka-1", batch);
    }

    sealed class Disposing(BufferManager<long> manager) : IDisposable
    {
        public BufferManager<long> Manager => manager;

        public void Dispose() => manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
