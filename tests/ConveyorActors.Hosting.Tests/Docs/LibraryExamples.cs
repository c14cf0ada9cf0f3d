// DOCS: library usings
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
// END
using System.Collections.Concurrent;

namespace ConveyorActors.Hosting.Tests.Docs;

/// <summary>The C# code of docs/Library.md, compiled and run.</summary>
public sealed class LibraryExamples : IDisposable
{
    readonly string path = Directory.CreateTempSubdirectory("conveyor-library-").FullName;
    readonly ConcurrentQueue<string> stored = new();

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public async Task A_worker_settles_offered_records_until_the_pipeline_has_stopped()
    {
        var order = new ConveyorRecord("order-1", "10"u8.ToArray());

        // DOCS: start and stop
        await using IBufferService service = new EmbeddedBufferService(TimeProvider.System, DataDirectory.Open(path));
        await service.ConfigureAsync("shop", new BufferSettings { MaxTotalBytes = 64 << 20, MaxPerSource = 5_000 });
        Task worker = WorkAsync(service, order => StoreAsync(order));

        OfferResult offer = await service.BufferForStageAsync("shop", "store", source: "web", order, AckLevel.Persisted);

        // The end: new offers are refused, and the worker has ten seconds to finish the pending records.
        StopReport report = await service.StopAsync("shop", deadline: TimeSpan.FromSeconds(10));
        await worker;
        Console.WriteLine(report);
        // END
        Assert.True(offer.IsAccepted);
        Assert.Equal(0, report.Remaining);      // whether the order was settled before the stop or during it
        Assert.True(report.IsDurable);
        Assert.Equal(["order-1"], stored);
    }

    [Fact]
    public async Task A_record_that_a_worker_fails_becomes_a_dead_letter()
    {
        await using var service = new EmbeddedBufferService();
        await service.ConfigureAsync("shop", new() { Stage = new() { MaxRetries = 1, Backoff = BackoffSettings.None } });
        var worker = WorkAsync(service, StoreAsync);
        ConveyorRecord[] orders = [new("order-1", default), new("", default), new("order-3", default)];
        await service.BufferBatchForStageAsync("shop", "store", "web", orders);
        await service.StopAsync("shop", TimeSpan.FromSeconds(20));
        await worker;

        Assert.Equal(["order-1", "order-3"], stored);
        Assert.Equal("it has no id", Assert.Single(await service.GetDeadLettersAsync("shop", "store", 10)).LastError);
    }

    Task StoreAsync(ConveyorRecord order)
    {
        if (order.Id == "")
            throw new InvalidOperationException("it has no id");
        stored.Enqueue(order.Id);
        return Task.CompletedTask;
    }

    // DOCS: a worker
    static async Task WorkAsync(IBufferConsumer buffers, Func<ConveyorRecord, Task> handle)
    {
        while (true)
        {
            // An empty batch after a wait means that the pipeline has stopped.
            LeasedBatch batch = await buffers.GetBatchAsync("shop", "store", new BatchRequest(100) { Wait = true, Consumer = "writer" });
            if (batch.Count == 0) return;

            var failed = new Dictionary<long, string>();
            foreach (BufferedRecord<ConveyorRecord> item in batch.Records)
            {
                try { await handle(item.Record); }
                catch (Exception e) { failed[item.Sequence] = e.Message; }
            }
            foreach (var (sequence, reason) in failed)
                await buffers.ReturnToBufferAsync("shop", "store", batch.Id, [sequence], reason);   // retried, finally a dead letter
            await buffers.CompleteAsync("shop", "store", batch.Id);                                 // all records that are still open
        }
    }
    // END
}
