using System.Buffers.Binary;
using System.Diagnostics;
using Akka;
using Akka.Actor;
using Akka.Configuration;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams;

namespace ConveyorActors.Benchmarks.Akka;

/// <summary>
/// Records from a source to a sink, in order. Every contender moves the same ones, and adds up the place of each if it
/// is the one that is due there.
/// </summary>
static class StreamContenders
{
    const int Different = 1024;
    const int QueueCapacity = 1024;

    static readonly Config Quiet = ConfigurationFactory.ParseString(
        "akka.loglevel = WARNING, akka.stdout-loglevel = WARNING"
    );

    static readonly ConveyorRecord[] Records =
    [
        .. Enumerable.Range(0, Different).Select(i => new ConveyorRecord("", Bytes(i))),
    ];

    static byte[] Bytes(int number)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }

    static Source<ConveyorRecord, NotUsed> Numbered(int records) =>
        Source.From(Enumerable.Range(0, records)).Select(i => Records[i % Different]);

    /// <summary>The sum of the places at which the record came that was due there.</summary>
    static Sink<ConveyorRecord, Task<(long Place, long Sum)>> Summing() =>
        Sink.Aggregate<ConveyorRecord, (long Place, long Sum)>(
            (0, 0),
            static (so, record) =>
                (
                    so.Place + 1,
                    BinaryPrimitives.ReadInt32LittleEndian(record.Payload.Span) == so.Place % Different
                        ? so.Sum + so.Place
                        : so.Sum
                )
        );

    public static async Task<long> Queue(int records, Stopwatch watch)
    {
        using var system = ActorSystem.Create("queue", Quiet);
        using var materializer = system.Materializer();
        watch.Restart();
        var (queue, sum) = Source
            .Queue<ConveyorRecord>(QueueCapacity, OverflowStrategy.Backpressure)
            .ToMaterialized(Summing(), Keep.Both)
            .Run(materializer);
        for (var i = 0; i < records; i++)
            if (await queue.OfferAsync(Records[i % Different]) is not QueueOfferResult.Enqueued)
                throw new InvalidOperationException("the queue did not take a record.");
        queue.Complete();
        var (_, answer) = await sum;
        watch.Stop();
        return answer;
    }

    public static async Task<long> AsyncBoundary(int records, Stopwatch watch)
    {
        using var system = ActorSystem.Create("boundary", Quiet);
        using var materializer = system.Materializer();
        watch.Restart();
        var (_, sum) = await Numbered(records).Async().RunWith(Summing(), materializer);
        watch.Stop();
        return sum;
    }

    public static async Task<long> Buffered(int records, Stopwatch watch)
    {
        using var system = ActorSystem.Create("buffered", Quiet);
        using var materializer = system.Materializer();
        await using var service = new EmbeddedBufferService();
        watch.Restart();
        var offering = Numbered(records)
            .RunWith(BufferSink.ForStage(service, "orders", "enrich", "web-1"), materializer);
        var summing = BufferSource
            .CompletingFromStage(service, "orders", "enrich")
            .Take(records)
            .RunWith(Summing(), materializer);
        var (_, sum) = await summing;
        watch.Stop();
        await offering;
        return sum;
    }

    public static async Task<long> BufferedHandles(int records, Stopwatch watch)
    {
        using var system = ActorSystem.Create("handles", Quiet);
        using var materializer = system.Materializer();
        await using var service = new EmbeddedBufferService();
        watch.Restart();
        var offering = Numbered(records)
            .RunWith(BufferSink.ForStage(service, "orders", "enrich", "web-1"), materializer);
        var summing = BufferSource
            .FromStage(service, "orders", "enrich")
            .Take(records)
            .Select(static leased =>
            {
                _ = leased.Complete();
                return leased.Record;
            })
            .RunWith(Summing(), materializer);
        var (_, sum) = await summing;
        watch.Stop();
        await offering;
        return sum;
    }

    public static async Task<long> Through(int records, Stopwatch watch)
    {
        using var system = ActorSystem.Create("through", Quiet);
        using var materializer = system.Materializer();
        await using var service = new EmbeddedBufferService();
        watch.Restart();
        var (_, sum) = await Numbered(records)
            .Via(BufferFlow.Through(service, "orders", "enrich", "web-1"))
            .RunWith(Summing(), materializer);
        watch.Stop();
        return sum;
    }
}
