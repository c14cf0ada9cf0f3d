// DOCS: streams usings
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams;
// END
using System.Text;

namespace ConveyorActors.Streams.Tests.Docs;

/// <summary>The code of README.md about streams, compiled and run.</summary>
public sealed class StreamExamples(ActorSystemFixture fixture) : StreamTest(fixture)
{
    IBufferService NewService() => new EmbeddedBufferService(Clock);

    static string Parse(ConveyorRecord record) => record.Id == "bad" ? throw new FormatException("no number") : record.Id;

    [Fact]
    public async Task A_stream_offers_to_a_stage()
    {
        await using var service = NewService();
        var (system, lines) = (System, Enumerable.Range(1, 100).Select(i => $"line {i}"));

        // DOCS: streams sink
        ActorMaterializer materializer = system.Materializer();

        BufferSinkCounts counts = await Source.From(lines)
            .Select(line => new ConveyorRecord(line, new byte[100]))
            .RunWith(BufferSink.ForStage(service, "orders", "parse", source: "file-1"), materializer);
        Console.WriteLine($"{counts.Accepted} accepted, {counts.Duplicates} duplicates");
        // END

        Assert.Equal(100, counts.Accepted);
        Assert.Equal(100, (await service.GetSnapshotAsync("orders")).Total.Buffered);
    }

    [Fact]
    public async Task Two_streams_from_start_to_end()
    {
        await using var service = NewService();
        var (materializer, lines) = (Materializer, Enumerable.Range(1, 1_000).Select(i => $"line {i}"));
        var done = 0;
        Task StoreAsync(ConveyorRecord record) => Task.FromResult(Interlocked.Increment(ref done));

        // DOCS: streams from start to end
        Task<BufferSinkCounts> read = Source.From(lines)
            .Select(line => new ConveyorRecord(line, Encoding.UTF8.GetBytes(line)))
            .RunWith(BufferSink.ForStage(service, "import", "store", source: "file-1"), materializer);

        Task stored = BufferSource.FromStage(service, "import", "store")
            .SelectAsync(4, async element =>
            {
                await StoreAsync(element.Record);               // throws: the stream fails, and unsettled records are leased again
                await element.Complete();
                return element;
            })
            .RunWith(Sink.Ignore<LeasedRecord>(), materializer);

        await read;
        StopReport report = await service.StopAsync("import", deadline: TimeSpan.FromSeconds(30));
        await stored;
        // END

        Assert.Equal((1_000, 1_000, 0), (done, (await read).Accepted, report.Remaining));
    }

    [Fact]
    public async Task Records_can_be_settled_one_by_one()
    {
        await using var service = NewService();
        var materializer = Materializer;
        await service.ConfigureStageAsync("orders", "parse", new() { MaxRetries = 0 });
        await service.BufferBatchForStageAsync("orders", "parse", "file-1", new ConveyorRecord[] { new("1", default), new("bad", default), new("2", default) });
        var parsed = new List<string>();

        // DOCS: streams source
        UniqueKillSwitch stop = BufferSource.FromStage(service, "orders", "parse")
            .ViaMaterialized(KillSwitches.Single<LeasedRecord>(), Keep.Right)
            .SelectAsync(4, async element =>
            {
                try
                {
                    parsed.Add(Parse(element.Record));
                    await element.Complete();
                }
                catch (FormatException e)
                {
                    await element.Return(e.Message);            // retried after a backoff, finally a dead letter
                }
                return element;
            })
            .To(Sink.Ignore<LeasedRecord>()).Run(materializer);
        // END

        await Eventually(async () => (await service.GetSnapshotAsync("orders")).Total is { Pending: 0, Completed: 2, DeadLettered: 1 }, "two are done and one is given up");
        stop.Shutdown();
        Assert.Equal(["1", "2"], parsed);
    }

    [Fact]
    public async Task A_source_that_completes_by_itself_can_be_restarted()
    {
        await using var service = NewService();
        var materializer = Materializer;
        await service.ConfigureStageAsync("orders", "store", new() { Backoff = BackoffSettings.None });
        await service.BufferBatchForStageAsync("orders", "store", "parser", Records(10));
        var failures = 0;
        var stored = new List<string>();
        void Store(ConveyorRecord record)
        {
            if (record.Id == "r4" && Interlocked.Increment(ref failures) <= 2) throw new IOException("the disk is busy");
            stored.Add(record.Id);
        }

        // DOCS: streams restart
        RestartSettings restarts = RestartSettings.Create(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5), randomFactor: 0.2);
        Task stopped = RestartSource.OnFailuresWithBackoff(
            () => BufferSource.CompletingFromStage(service, "orders", "store").Select(record =>
            {
                Store(record);                                  // throws: this record is returned with a retry charged, the others uncharged
                return record;
            }), restarts)
            .RunWith(Sink.Ignore<ConveyorRecord>(), materializer);
        // END

        await Eventually(() => Task.FromResult(Volatile.Read(ref failures) == 3), "the fourth record was stored at the third attempt");
        await service.StopAsync("orders", TimeSpan.FromHours(1)).AsTask().WaitAsync(Bound);
        await stopped.WaitAsync(Bound);
        Assert.Equal(Ids(Records(10)), stored);
    }

    [Fact]
    public async Task A_buffer_between_two_parts_of_a_stream()
    {
        await using var service = NewService();
        var (materializer, records) = (Materializer, Records(1_000));
        static ConveyorRecord Slowly(ConveyorRecord record) => record;

        // DOCS: streams flow
        var done = Source.From(records)
            .Via(BufferFlow.Through(service, "orders", "between", source: "reader"))
            .Select(Slowly)
            .RunWith(Sink.Seq<ConveyorRecord>(), materializer);
        // END

        Assert.Equal(Ids(records), Ids(await done.WaitAsync(Bound)));
    }
}
