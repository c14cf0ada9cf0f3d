using BenchmarkDotNet.Attributes;
using ConveyorActors.Buffers;

namespace ConveyorActors.Benchmarks;

/// <summary>
/// A batch of records through the manager, one after the other on one thread; times and bytes are per record.
/// </summary>
[MemoryDiagnoser]
public class ManagerBenchmarks
{
    const int Batch = 256;

    readonly object[] records = [.. Enumerable.Range(0, Batch).Select(_ => new object())];
    readonly BufferManager<object> manager = new();

    /// <summary>Offered one by one, leased and completed together.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Hop()
    {
        foreach (var record in records)
            manager.BufferForStage("filter", "kafka-1", record);
        return manager.Complete(manager.GetBatch("filter", Batch)).Settled;
    }

    /// <summary>Offered in batches of 64.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int HopBatch()
    {
        for (var i = 0; i < Batch; i += 64)
            manager.BufferBatchForStage("filter", "kafka-1", records.AsSpan(i, 64));
        return manager.Complete(manager.GetBatch("filter", Batch)).Settled;
    }

    /// <summary>Through two stages: completed in one and offered to the next in one step.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int HopBetweenTwoStages()
    {
        for (var i = 0; i < Batch; i += 64)
            manager.BufferBatchForStage("filter", "kafka-1", records.AsSpan(i, 64));
        manager.Hop(manager.GetBatch("filter", Batch), null, "enrich", records);
        return manager.Complete(manager.GetBatch("enrich", Batch)).Settled;
    }
}
