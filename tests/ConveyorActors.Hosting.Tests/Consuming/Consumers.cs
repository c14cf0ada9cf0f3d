using System.Collections.Concurrent;
using ConveyorActors.Hosting.Consuming;

namespace ConveyorActors.Hosting.Tests.Consuming;

/// <summary>What the consumers of a test do with a record or a batch, and what they have been given.</summary>
sealed class Work
{
    public ConcurrentQueue<BufferedRecord<ConveyorRecord>> Seen { get; } = new();

    public IEnumerable<string> Ids => Seen.Select(record => record.Record.Id);

    public Func<BufferedRecord<ConveyorRecord>, CancellationToken, ValueTask> Handle { get; set; } =
        static (_, _) => default;

    public Func<ConsumerBatch, CancellationToken, ValueTask> HandleBatch { get; set; } = static (_, _) => default;
}

/// <summary>An exception whose message is null, or cannot be read.</summary>
sealed class NoMessageException(bool throws) : Exception
{
    public override string Message => throws ? throw new InvalidOperationException("no resources") : null!;
}

/// <summary>Handles records one by one, as the test says.</summary>
sealed class RecordWorker(Work work) : BufferConsumer
{
    protected override ValueTask HandleAsync(BufferedRecord<ConveyorRecord> record, CancellationToken cancellationToken)
    {
        work.Seen.Enqueue(record);
        return work.Handle(record, cancellationToken);
    }
}

/// <summary>Handles batches, as the test says.</summary>
sealed class BatchWorker(Work work) : BufferBatchConsumer
{
    protected override ValueTask HandleAsync(ConsumerBatch batch, CancellationToken cancellationToken)
    {
        foreach (var record in batch.Records)
            work.Seen.Enqueue(record);
        return work.HandleBatch(batch, cancellationToken);
    }
}
