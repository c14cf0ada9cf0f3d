using BenchmarkDotNet.Attributes;
using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Benchmarks;

/// <summary>Items into the per-core buffers while their drainer empties them; times and bytes are per item.</summary>
[MemoryDiagnoser]
public class CoreBenchmarks
{
    const int Items = 4_096;

    readonly object item = new();
    long taken;
    CoreBuffers<object> buffers = null!;

    [GlobalSetup]
    public void Start()
    {
        buffers = new(
            (batch, _, _) =>
            {
                Interlocked.Add(ref taken, batch.Length);
                return default;
            }
        );
        buffers.Start();
    }

    /// <summary>Proves its work: whatever was accepted has reached the sink.</summary>
    [GlobalCleanup]
    public void Stop()
    {
        buffers.Stop();
        var total = buffers.GetTotal();
        if (total.Accepted != Interlocked.Read(ref taken))
            throw new InvalidOperationException($"{total.Accepted} accepted, {taken} taken");
    }

    [Benchmark(OperationsPerInvoke = Items)]
    public void Enqueue()
    {
        for (var i = 0; i < Items; i++)
            while (buffers.Enqueue(item) != EnqueueStatus.Accepted)
                Thread.Yield();
    }
}
