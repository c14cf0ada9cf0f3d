namespace KafkaLikeSource;

/// <summary>A partition of a topic.</summary>
sealed record TopicPartition(string Topic, int Partition)
{
    public override string ToString() => $"{Topic}-{Partition}";
}

/// <summary>A place in a partition.</summary>
sealed record TopicPartitionOffset(TopicPartition Partition, long Offset);

/// <summary>A message.</summary>
sealed record ConsumeResult(TopicPartition Partition, long Offset, byte[] Value);

/// <summary>Stands in for <c>IConsumer</c> of Confluent.Kafka: the same calls, with messages from this process.</summary>
sealed class Consumer(TopicPartition[] assignment, int messages)
{
    readonly Dictionary<TopicPartition, long> next = assignment.ToDictionary(p => p, _ => 0L);
    readonly HashSet<TopicPartition> paused = [];

    public Dictionary<TopicPartition, long> Committed { get; } = assignment.ToDictionary(p => p, _ => 0L);

    /// <summary>Returns the next message; null when none came in time.</summary>
    public ConsumeResult? Consume(TimeSpan timeout)
    {
        var partition = assignment.Where(p => !paused.Contains(p) && next[p] < messages).MinBy(p => next[p]);
        if (partition is not null)
            return new(partition, next[partition]++, [1]);
        Thread.Sleep(timeout);
        return null;
    }

    public void Pause(IEnumerable<TopicPartition> partitions) => paused.UnionWith(partitions);

    public void Resume(IEnumerable<TopicPartition> partitions) => paused.ExceptWith(partitions);

    public void Seek(TopicPartitionOffset offset) => next[offset.Partition] = offset.Offset;

    public void Commit(IEnumerable<TopicPartitionOffset> offsets) =>
        offsets.ToList().ForEach(o => Committed[o.Partition] = o.Offset);
}
