using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// Moves records through this project's buffers as a user would: producers wait when the signal asks them to; the
/// consumer leases and completes.
/// </summary>
static class ConveyorContenders
{
    const int LeaseSize = 256;

    /// <summary>Moves records through the per-core buffers, which are drained in batches.</summary>
    public static async Task<long> RunCoresAsync(int records, int producers)
    {
        long sum = 0;
        await using var cores = new CoreBuffers<long>(
            (batch, _, _) =>
            {
                long part = 0;
                foreach (var number in batch.Span)
                    part += number;
                Interlocked.Add(ref sum, part);
                return ValueTask.CompletedTask;
            },
            new() { Capacity = OtherContenders.Capacity, BatchSize = LeaseSize }
        );
        cores.Start();
        await Task.WhenAll(
                Enumerable
                    .Range(0, producers)
                    .Select(producer =>
                        Task.Run(() =>
                        {
                            var spin = new SpinWait();
                            for (long number = producer; number < records; number += producers)
                                while (cores.Enqueue(number) != EnqueueStatus.Accepted)
                                    spin.SpinOnce(-1);
                        })
                    )
            )
            .ConfigureAwait(false);
        var report = await cores.StopAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        return report.Remaining == 0
            ? sum
            : throw new InvalidOperationException($"{report.Remaining} records remained in the per-core buffers.");
    }

    /// <summary>Moves records under all three limits, each offered by itself or in batches.</summary>
    public static async Task<long> RunHopAsync(int records, int batch)
    {
        await using var manager = new BufferManager<long>(
            new()
            {
                MaxTotalRecords = 100_000,
                MaxPerStage = OtherContenders.Capacity,
                MaxPerSource = OtherContenders.Capacity,
            }
        );
        var consumer = Task.Run(() => ConsumeAsync(manager, "filter", records));
        await Task.Run(() => batch == 1 ? ProduceAsync(manager, records) : ProduceBatchesAsync(manager, records, batch))
            .ConfigureAwait(false);
        return await consumer.ConfigureAwait(false);
    }

    static async Task ProduceAsync(BufferManager<long> manager, int records)
    {
        using var signals = manager.SubscribeSignals("kafka-1");
        for (long number = 0; number < records; )
        {
            var result = manager.BufferForStage("filter", "kafka-1", number);
            if (result.IsAccepted)
                number++;
            if (result.Signal.Kind == BackpressureKind.Pause)
                await WaitUntilCalmAsync(signals).ConfigureAwait(false);
        }
    }

    static async Task ProduceBatchesAsync(BufferManager<long> manager, int records, int size)
    {
        using var signals = manager.SubscribeSignals("kafka-1");
        var batch = new long[size];
        for (long number = 0; number < records; )
        {
            var count = (int)Math.Min(size, records - number);
            for (var i = 0; i < count; i++)
                batch[i] = number + i;
            var result = manager.BufferBatchForStage("filter", "kafka-1", batch.AsSpan(0, count));
            number += result.Accepted;
            if (result.Signal.Kind == BackpressureKind.Pause)
                await WaitUntilCalmAsync(signals).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the signal of a paused source allows full speed again.</summary>
    static async Task WaitUntilCalmAsync(SignalSubscription signals)
    {
        var wasPaused = false;
        while (await signals.ReadAsync().ConfigureAwait(false) is { } signal)
        {
            wasPaused |= signal.Kind == BackpressureKind.Pause;
            if (wasPaused && signal.Kind == BackpressureKind.None)
                return;
        }
    }

    static async Task<long> ConsumeAsync(BufferManager<long> manager, string stage, int records)
    {
        long sum = 0;
        for (var received = 0; received < records; )
        {
            var lease = await manager.GetBatchAsync(stage, LeaseSize).ConfigureAwait(false);
            received += lease.Count;
            for (var i = 0; i < lease.Count; i++)
                sum += lease.GetRecord(i);
            manager.Complete(lease);
        }
        return sum;
    }
}
