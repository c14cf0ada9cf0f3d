// Writes to a cache that do not hold up the threads that write: each goes into the bounded buffer of its core, and
// reaches the cache in batches.
using ConveyorActors.Buffers.Cores;
using Microsoft.Extensions.Caching.Memory;

const int threads = 4,
    writesOfEach = 25_000;

using var cache = new MemoryCache(new MemoryCacheOptions());
var failures = 0;
await using var writes = new CoreBuffers<(string Key, int Value)>(
    (batch, _, _) =>
    {
        // The first batch fails, as a cache on another machine might: it comes again, and nothing is lost.
        if (Interlocked.Increment(ref failures) == 1)
            throw new IOException("the cache is not reachable");
        foreach (var (key, value) in batch.Span)
            cache.Set(key, value);
        return default;
    },
    new CoreBuffersSettings { Capacity = 4_096, BatchSize = 256 }
);
writes.Start();

await Task.WhenAll(
    Enumerable
        .Range(0, threads)
        .Select(thread =>
            Task.Run(async () =>
            {
                // A writer is bound to one buffer: what a thread wrote last is what the cache has in the end.
                var writer = writes.CreateWriter();
                for (var i = 0; i < writesOfEach; i++)
                {
                    // A full buffer says so at once. Here the thread waits; it could also write to the cache itself.
                    while (writer.Enqueue(($"thread {thread}, key {i % 1_000}", i)) == EnqueueStatus.Full)
                        await Task.Yield();
                }
            })
        )
);

var report = await writes.StopAsync();
Console.WriteLine($"{threads * writesOfEach:N0} writes, {report.Remaining} left in the buffers");
Console.WriteLine($"{cache.Count:N0} keys in the cache");
Console.WriteLine($"last value of key 7 of thread 2: {cache.Get<int>("thread 2, key 7"):N0}");
