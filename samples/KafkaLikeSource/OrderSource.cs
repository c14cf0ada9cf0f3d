using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace KafkaLikeSource;

/// <summary>Reads each partition as a source of its own. Like the consumer, it is used by one thread.</summary>
sealed class OrderSource(Consumer consumer, IBufferProducer buffers, TopicPartition[] partitions)
{
    readonly Dictionary<TopicPartition, (CreditGrant? Grant, int Left)> credits = [];
    readonly Dictionary<TopicPartition, Task<CreditGrant>> paused = [];

    /// <summary>Gets the partitions that a signal has paused.</summary>
    public HashSet<TopicPartition> Told { get; } = [];

    /// <summary>Reads a message, if there is one and room for it.</summary>
    public async Task ReadAsync()
    {
        // Records that credits cover are read in any case. More credits are requested only while no signal pauses the source.
        foreach (
            var partition in partitions.Where(p => !paused.ContainsKey(p) && credits.GetValueOrDefault(p).Left == 0)
        )
        {
            consumer.Pause([partition]);
            paused.Add(partition, WaitForCreditsAsync($"{partition}"));
        }
        foreach (var (partition, granted) in paused.Where(p => p.Value.IsCompleted).ToList())
        {
            var grant = await granted;
            credits[partition] = (grant, grant.Records);
            paused.Remove(partition);
            consumer.Resume([partition]);
        }
        if (consumer.Consume(TimeSpan.FromMilliseconds(5)) is not { } message)
            return; // every partition is paused, or at its end

        var (credit, left) = credits[message.Partition];
        var record = new ConveyorRecord($"{message.Offset:d2}", message.Value);
        var source = $"{message.Partition}";
        var offer = await buffers.BufferForStageAsync("shop", "store", source, record, AckLevel.Persisted, credit);
        credits[message.Partition] = (credit, left - 1);
        if (offer.IsAccepted)
            consumer.Commit([new(message.Partition, message.Offset + 1)]);
        else
            consumer.Seek(new(message.Partition, message.Offset)); // the credit had expired: the message comes again
        if (offer.Signal.Kind == BackpressureKind.Pause && left == 1)
            Told.Add(message.Partition);
        await Task.Delay(offer.Signal.Delay);
    }

    async Task<CreditGrant> WaitForCreditsAsync(string source)
    {
        await foreach (var signal in buffers.SubscribeSignalsAsync("shop", source))
            if (signal.Kind != BackpressureKind.Pause)
                break;
        return await buffers.WaitForCreditsAsync("shop", "store", source, records: 4, TimeSpan.FromMinutes(1));
    }
}
