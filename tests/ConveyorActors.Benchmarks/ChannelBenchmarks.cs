using System.Threading.Channels;
using BenchmarkDotNet.Attributes;

namespace ConveyorActors.Benchmarks;

/// <summary>
/// The rival: a bounded Channel of 16,384, written and read on one thread as the manager is, and with a reader beside
/// as the per-core buffers have.
/// </summary>
[MemoryDiagnoser]
public class ChannelBenchmarks
{
    const int Batch = 256,
        Items = 4_096;

    readonly object item = new();
    readonly Channel<object> alone = Channel.CreateBounded<object>(16_384);
    readonly Channel<object> shared = Channel.CreateBounded<object>(
        new BoundedChannelOptions(16_384) { SingleReader = true }
    );
    long read;
    Task reader = Task.CompletedTask;

    [GlobalSetup]
    public void Start() =>
        reader = Task.Run(async () =>
        {
            while (await shared.Reader.WaitToReadAsync())
            while (shared.Reader.TryRead(out _))
                read++;
        });

    [GlobalCleanup]
    public void Stop()
    {
        shared.Writer.Complete();
        reader.Wait();
        if (read % Items != 0)
            throw new InvalidOperationException($"{read} items read, which is not a multiple of {Items}");
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int WriteThenRead()
    {
        for (var i = 0; i < Batch; i++)
            alone.Writer.TryWrite(item);
        var taken = 0;
        while (alone.Reader.TryRead(out _))
            taken++;
        return taken;
    }

    [Benchmark(OperationsPerInvoke = Items)]
    public void Write()
    {
        for (var i = 0; i < Items; i++)
            while (!shared.Writer.TryWrite(item))
                Thread.Yield();
    }
}
