using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// Moves records through the common alternatives, used as their documentation says: one producer, one consumer.
/// </summary>
static class OtherContenders
{
    public const int Capacity = 16_384;

    public static Task<long> RunBoundedChannelAsync(int records) =>
        RunChannelAsync(Channel.CreateBounded<long>(Capacity), records);

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "It is the rival.")]
    public static Task<long> RunUnboundedChannelAsync(int records) =>
        RunChannelAsync(Channel.CreateUnbounded<long>(), records);

    static async Task<long> RunChannelAsync(Channel<long> channel, int records)
    {
        var consumer = Task.Run(async () =>
        {
            long sum = 0;
            while (await channel.Reader.WaitToReadAsync().ConfigureAwait(false))
            while (channel.Reader.TryRead(out var number))
                sum += number;
            return sum;
        });
        await Task.Run(async () =>
            {
                for (long number = 0; number < records; number++)
                    while (!channel.Writer.TryWrite(number))
                        await channel.Writer.WaitToWriteAsync().ConfigureAwait(false);
                channel.Writer.Complete();
            })
            .ConfigureAwait(false);
        return await consumer.ConfigureAwait(false);
    }

    public static async Task<long> RunBufferBlockAsync(int records)
    {
        var block = new BufferBlock<long>(new() { BoundedCapacity = Capacity });
        var consumer = Task.Run(async () =>
        {
            long sum = 0;
            while (await block.OutputAvailableAsync().ConfigureAwait(false))
            while (block.TryReceive(out var number))
                sum += number;
            return sum;
        });
        await Task.Run(async () =>
            {
                for (long number = 0; number < records; number++)
                    if (!block.Post(number))
                        await block.SendAsync(number).ConfigureAwait(false);
                block.Complete();
            })
            .ConfigureAwait(false);
        return await consumer.ConfigureAwait(false);
    }

    /// <summary>
    /// Moves records through a ConcurrentQueue. It has no bound and no way to wait, so its consumer spins.
    /// </summary>
    public static async Task<long> RunConcurrentQueueAsync(int records)
    {
        var queue = new ConcurrentQueue<long>();
        var consumer = Task.Run(() =>
        {
            long sum = 0;
            var spin = new SpinWait();
            for (var received = 0; received < records; )
            {
                if (!queue.TryDequeue(out var number))
                {
                    spin.SpinOnce(-1);
                    continue;
                }
                sum += number;
                received++;
            }
            return sum;
        });
        await Task.Run(() =>
            {
                for (long number = 0; number < records; number++)
                    queue.Enqueue(number);
            })
            .ConfigureAwait(false);
        return await consumer.ConfigureAwait(false);
    }
}
