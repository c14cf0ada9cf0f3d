// A source that reads partitions as a consumer of Kafka does. It takes a message only when it has room for it (credits),
// pauses the partition when it is told to (signals), and commits an offset when the record is on disk (acknowledgement).
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
using KafkaLikeSource;

var folder = Directory.CreateTempSubdirectory("kafka-like-source-");
await using (var buffers = new EmbeddedBufferService(stores: DataDirectory.Open(folder.FullName)))
{
    await buffers.ConfigureAsync("shop", new() { MaxPerSource = 20 });
    TopicPartition[] partitions = [new("orders", 0), new("orders", 1)];
    var consumer = new Consumer(partitions, messages: 30);
    var source = new OrderSource(consumer, buffers, partitions);

    // No consumer stores orders yet: each partition is read until a signal pauses its source.
    while (source.Told.Count < partitions.Length)
        await source.ReadAsync();
    foreach (var partition in partitions)
        Console.WriteLine($"{partition}: told to pause, committed up to offset {consumer.Committed[partition]}");

    var storing = StoreAsync(buffers, records: 60);
    while (consumer.Committed.Values.Sum() < 60)
        await source.ReadAsync();
    foreach (var partition in partitions)
        Console.WriteLine($"{partition}: committed up to offset {consumer.Committed[partition]}");
    foreach (var stored in (await storing).GroupBy(r => r.SourceId, r => r.Record.Id).OrderBy(g => g.Key))
        Console.WriteLine($"{stored.Key}: stored {stored.Count()}, in order: {stored.SequenceEqual(stored.Order())}");
    Console.WriteLine($"adds up: {(await buffers.GetSnapshotAsync("shop")).IsConserved}");
}
folder.Delete(recursive: true);

static async Task<List<BufferedRecord<ConveyorRecord>>> StoreAsync(IBufferConsumer buffers, int records)
{
    var stored = new List<BufferedRecord<ConveyorRecord>>();
    while (stored.Count < records)
    {
        var batch = await buffers.GetBatchAsync("shop", "store", new(10) { Wait = true });
        stored.AddRange(batch.Records);
        await buffers.CompleteAsync("shop", "store", batch.Id);
    }
    return stored;
}
