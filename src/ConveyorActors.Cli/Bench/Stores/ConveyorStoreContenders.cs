using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Bench.Stores;

/// <summary>
/// Measures this project's data directory. Methods that offer records return the elapsed time and the number of bytes
/// kept.
/// </summary>
static class ConveyorStoreContenders
{
    public const string Pipeline = "bench",
        Stage = "filter";
    const int Max = 4_000_000;

    public static async Task<(TimeSpan Elapsed, long Bytes)> OfferAsync(
        string directory,
        int records,
        int producers,
        AckLevel ackLevel
    )
    {
        var path = Path.Combine(directory, ackLevel.ToString());
        string[] sources = [.. Enumerable.Range(0, producers).Select(i => $"source-{i}")];
        TimeSpan elapsed;
        var opened = DataDirectory.Open(path);
        await using (var service = await OpenAsync(opened).ConfigureAwait(false))
        {
            var manager = service.GetManager(Pipeline);
            elapsed = await StoreContest
                .OfferEachAsync(
                    records,
                    producers,
                    async (producer, bytes) =>
                    {
                        var result = await manager
                            .BufferForStageAsync(Stage, sources[producer], new ConveyorRecord("", bytes), ackLevel)
                            .ConfigureAwait(false);
                        if (!result.IsAccepted)
                            throw new InvalidOperationException($"An offer returned {result.Status}.");
                    },
                    opened.WaitForWritesAsync
                )
                // Records acknowledged as buffered count when they are in the file, like those of the rival.
                .ConfigureAwait(false);
        }
        await using var kept = DataDirectory.Open(path);
        return (elapsed, kept.ReadContents().Pipelines.Single().Stages.Single().Pending * StoreContest.RecordBytes);
    }

    /// <summary>
    /// Offers records in batches and settles them in leases. Returns how long each takes until the records are on disk.
    /// </summary>
    public static async Task<(TimeSpan Accepting, TimeSpan Settling)> AcceptAndSettleAsync(
        string directory,
        int records
    )
    {
        const int batch = 256;
        await using var service = await OpenAsync(Path.Combine(directory, "settle")).ConfigureAwait(false);
        var manager = service.GetManager(Pipeline);
        var batches = new ConveyorRecord[batch];
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < records; i += batch)
        {
            for (var j = 0; j < batch; j++)
                batches[j] = new("", StoreContest.CreatePayload(i + j));
            if (manager.BufferBatchForStage(Stage, "kafka-1", batches).Accepted != batch)
                throw new InvalidOperationException("An offer was refused.");
        }
        await manager.FlushAsync().ConfigureAwait(false);
        var accepting = watch.Elapsed;
        watch.Restart();
        // A lease may be smaller than requested: records past the bound of memory are read back from the file first.
        var request = new BatchRequest(batch) { Wait = true };
        for (var settled = 0; settled < records; )
            settled += manager.Complete(await manager.GetBatchAsync(Stage, request).ConfigureAwait(false)).Settled;
        await manager.FlushAsync().ConfigureAwait(false);
        return (accepting, watch.Elapsed);
    }

    /// <summary>
    /// Creates a backlog. Returns how long it takes to open, and the memory used under limits of a tenth of the
    /// backlog.
    /// </summary>
    public static async Task<(TimeSpan Opening, double Megabytes, long Loaded)> StartAsync(
        string directory,
        int records
    )
    {
        const int batch = 1_000,
            sources = 64;
        var path = Path.Combine(directory, "start");
        await using (var service = await OpenAsync(path).ConfigureAwait(false))
        {
            var manager = service.GetManager(Pipeline);
            var batches = new ConveyorRecord[batch];
            for (var i = 0; i < records; i += batch)
            {
                for (var j = 0; j < batch; j++)
                    batches[j] = new("", StoreContest.CreatePayload(i + j));
                if (manager.BufferBatchForStage(Stage, $"source-{i / batch % sources}", batches).Accepted != batch)
                    throw new InvalidOperationException("An offer was refused.");
            }
        }
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await using var reopened = new EmbeddedBufferService(null, DataDirectory.Open(path));
        await reopened
            .ConfigureAsync(
                Pipeline,
                new()
                {
                    MaxTotalRecords = records / 10,
                    MaxPerStage = records / 10,
                    MaxPerSource = records / 10,
                }
            )
            .ConfigureAwait(false);
        var lease = await reopened
            .GetBatchAsync(Pipeline, Stage, new BatchRequest(100) { Wait = true })
            .ConfigureAwait(false);
        var opening = watch.Elapsed;
        var total = (await reopened.GetSnapshotAsync(Pipeline).ConfigureAwait(false)).Total;
        if (total.Pending != records || lease.Count == 0 || !total.IsConserved)
            throw new InvalidOperationException($"{total.Pending} of {records} records are stored.");
        return (
            opening,
            (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6,
            total.Buffered + total.InFlight
        );
    }

    static Task<EmbeddedBufferService> OpenAsync(string path) => OpenAsync(DataDirectory.Open(path));

    static async Task<EmbeddedBufferService> OpenAsync(DataDirectory directory)
    {
        var service = new EmbeddedBufferService(null, directory);
        await service
            .ConfigureAsync(
                Pipeline,
                new()
                {
                    MaxTotalRecords = Max,
                    MaxPerStage = Max,
                    MaxPerSource = Max,
                }
            )
            .ConfigureAwait(false);
        return service;
    }
}
