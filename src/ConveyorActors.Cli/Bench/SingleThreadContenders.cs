using System.Threading.Channels;
using ConveyorActors.Buffers;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// Measures the same paths on one thread, which writes and reads a batch alternately. Without a second thread the
/// figures stay stable on a busy machine.
/// </summary>
static class SingleThreadContenders
{
    const int Batch = 256;

    public static Task<long> RunBoundedChannel(int records)
    {
        var channel = Channel.CreateBounded<long>(OtherContenders.Capacity);
        long sum = 0;
        for (long number = 0; number < records; )
        {
            for (var i = 0; i < Batch && number < records; i++)
                if (channel.Writer.TryWrite(number))
                    number++;
            while (channel.Reader.TryRead(out var read))
                sum += read;
        }
        return Task.FromResult(sum);
    }

    public static async Task<long> RunHop(int records, int size)
    {
        await using var manager = new BufferManager<long>(
            new()
            {
                MaxTotalRecords = 100_000,
                MaxPerStage = OtherContenders.Capacity,
                MaxPerSource = OtherContenders.Capacity,
            }
        );
        var batch = new long[size];
        long sum = 0;
        for (long number = 0; number < records; )
        {
            for (var offered = 0; offered < Batch && number < records; offered += size)
                number += Offer(manager, batch, number, records);
            var lease = manager.GetBatch("filter", Batch);
            for (var i = 0; i < lease.Count; i++)
                sum += lease.GetRecord(i);
            manager.Complete(lease);
        }
        return sum;
    }

    static int Offer(BufferManager<long> manager, long[] batch, long number, int records)
    {
        if (batch.Length == 1)
            return manager.BufferForStage("filter", "kafka-1", number).Accepted;
        var count = (int)Math.Min(batch.Length, records - number);
        for (var i = 0; i < count; i++)
            batch[i] = number + i;
        return manager.BufferBatchForStage("filter", "kafka-1", batch.AsSpan(0, count)).Accepted;
    }
}
