// DOCS: usings
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
// END

namespace ConveyorActors.Buffers.Tests.Docs;

/// <summary>The C# code of README.md, compiled and run. <see cref="DocumentTests"/> sees to it that the two are the same.</summary>
public class ReadmeExamples
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Offer_lease_and_complete()
    {
        // DOCS: embed
        var settings = new BufferSettings
        {
            MaxTotalRecords = 100_000,      // the whole manager
            MaxPerStage = 10_000,
            MaxPerSource = 5_000,           // one source, over all stages
            BackpressureThreshold = 0.8,
        };
        await using var manager = new BufferManager<string>(settings);

        // A source offers. The result has the outcome of the record and the signal that the source should follow now.
        OfferResult result = manager.BufferForStage("filter", source: "kafka-1", "record 1");
        OfferResult batchResult = manager.BufferBatchForStage("filter", source: "kafka-1", ["record 2", "record 3"]);

        // A consumer leases. Until it completes or returns the records, or the lease's deadline passes, they are in flight and keep their room.
        Lease<string> lease = await manager.GetBatchAsync("filter", max: 100);
        var seen = new List<string>();
        foreach (BufferedRecord<string> item in lease) seen.Add($"{item.Sequence}: {item.Record} from {item.SourceId}");
        manager.Complete(lease);
        // END

        Assert.True(result.IsAccepted && batchResult is { IsAccepted: true, Accepted: 2 });
        Assert.Equal(["1: record 1 from kafka-1", "2: record 2 from kafka-1", "3: record 3 from kafka-1"], seen);
        Assert.Equal(0, manager.GetGlobalUtilization());
    }

    [Fact]
    public async Task A_source_that_follows_its_signal()
    {
        await using var manager = new BufferManager<string>(new() { MaxPerSource = 10 });
        var lines = Enumerable.Range(1, 30).Select(i => $"line {i}");
        var consumed = new List<string>();
        var consumer = Task.Run(async () =>
        {
            while (consumed.Count < 30)
            {
                var lease = await manager.GetBatchAsync("filter", 4);
                foreach (var item in lease) consumed.Add(item.Record);
                manager.Complete(lease);
            }
        });

        await Offer().WaitAsync(Patience);
        await consumer.WaitAsync(Patience);
        Assert.Equal(lines, consumed);

        async Task Offer()
        {
            // DOCS: source
            using SignalSubscription signals = manager.SubscribeSignals("kafka-1");
            foreach (string line in lines)
            {
                OfferResult result = manager.BufferForStage("filter", "kafka-1", line);
                while (result.CanRetry)                             // refused for lack of room: the caller keeps the record
                {
                    if (await signals.ReadAsync() is null) return;  // the manager has stopped
                    result = manager.BufferForStage("filter", "kafka-1", line);
                }
                if (result.Status == OfferStatus.Draining) return;  // the manager is stopping: no more records are accepted
                if (!result.IsAccepted) Console.Error.WriteLine($"{line}: {result.Status}");        // permanent, such as TooLarge or Duplicate
                if (result.Signal.Kind == BackpressureKind.SlowDown) await Task.Delay(result.Signal.Delay);     // 10 to 100 ms
                while (manager.GetSignal("kafka-1").Kind == BackpressureKind.Pause)
                    if (await signals.ReadAsync() is null) return;
            }
            // END
        }
    }

    [Fact]
    public async Task Returns_retries_and_dead_letters()
    {
        // DOCS: retries
        await using var manager = new BufferManager<string>(new() { Stage = new() { MaxRetries = 1, LeaseTimeout = TimeSpan.FromSeconds(30) } });
        manager.BufferBatchForStage("parse", "file", ["1", "two", "3"]);

        var numbers = new List<int>();
        while (manager.GetStageUtilization("parse") > 0)
        {
            Lease<string> lease = await manager.GetBatchAsync("parse", max: 100);
            var failed = new List<long>();
            foreach (var item in lease)
            {
                if (int.TryParse(item.Record, out int number)) numbers.Add(number);
                else failed.Add(item.Sequence);
            }
            manager.Complete(lease, [.. lease.Sequences.Except(failed)]);
            if (failed.Count > 0) manager.ReturnToBuffer(lease, failed, "not a number");  // to the head of its queue, one retry charged
        }

        DeadLetter<string> letter = manager.GetDeadLetters("parse").Single();
        string text = $"{letter.Record.Record}: {letter.Reason}, {letter.LastError}";   // two: RetriesExhausted, not a number

        int replayed = manager.ReplayDeadLetters("parse");      // offered again, with no retries counted
        int purged = manager.PurgeDeadLetters("parse");         // or deleted
        // END

        Assert.Equal([1, 3], numbers);
        Assert.Equal("two: RetriesExhausted, not a number", text);
        Assert.Equal((1, 0), (replayed, purged));
    }

    [Fact]
    public async Task A_hop_from_one_stage_to_the_next()
    {
        // DOCS: hop
        await using var manager = new BufferManager<string>(new() { MaxTotalRecords = 2 });
        manager.BufferForStage("split", "file", "a b c");

        Lease<string> lease = manager.GetBatch("split", new BatchRequest(100) { OneSource = true });
        string[] words = lease.SelectMany(item => item.Record.Split(' ')).ToArray();

        // One atomic step: the line is completed and its words are offered.
        SettleResult hop = manager.Hop(lease, null, "count", words);
        int waiting = hop.Waiting;                              // 1: there is room for two words; the third is transferred later by itself

        Lease<string> firstTwo = manager.GetBatch("count", 100);
        manager.Complete(firstTwo);
        Lease<string> third = manager.GetBatch("count", 100);
        // END

        Assert.Equal(1, waiting);
        Assert.Equal("c", Assert.Single(third).Record);
        Assert.True(manager.Complete(third).IsOk);
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task Credits_and_signals()
    {
        await using var manager = new BufferManager<string>(new() { MaxPerSource = 100 });
        var records = Enumerable.Range(1, 50).Select(i => $"record {i}").ToArray();

        // DOCS: credits
        long free = manager.AvailableCredits("kafka-1");        // the smaller of the free room of manager and source

        CreditGrant grant = manager.RequestCredits("filter", "kafka-1", records: 60, timeToLive: TimeSpan.FromSeconds(10));
        OfferResult result = manager.BufferBatchForStage("filter", "kafka-1", records, grant);     // never refused for lack of room
        int unused = manager.GiveBackCredits(grant);            // or they expire after ten seconds
        // END

        Assert.Equal((100, 60), (free, grant.Records));
        Assert.Equal((50, 10), (result.Accepted, unused));
    }

    [Fact]
    public async Task A_query_of_reasons_and_a_change_of_limits()
    {
        await using var manager = new BufferManager<string>(new() { MaxPerStage = 10 });
        manager.BufferBatchForStage("filter", "kafka-1", Enumerable.Range(1, 9).Select(i => $"record {i}").ToArray());
        var slow = manager.GetBatch("filter", new BatchRequest(5) { Consumer = "worker 3" });

        // DOCS: asking
        foreach (BackpressureReason reason in manager.Explain("kafka-1"))
            Console.WriteLine($"{reason.Limit}: {reason.Used} of {reason.Of}; {reason.OwedBy?.Consumer} holds {reason.OwedBy?.Records}");
        // stage filter: 9 of 10; worker 3 holds 5

        PipelineSnapshot now = manager.GetSnapshot();              // every number of manager, stages and sources, at one moment
        bool addsUp = now.IsConserved;                          // offered = settled + lost by reason + pending, and the same for room

        BufferSettings smaller = manager.Settings with { MaxPerStage = 5 };
        LimitChange plan = manager.PlanLimits(smaller);         // a dry run: the records to refuse and evict and the sources to pause
        manager.ChangeLimits(smaller);
        // END

        var why = Assert.Single(manager.Explain("kafka-1"));
        Assert.Equal(("stage filter", 9, "worker 3", 5), (why.Limit, why.Used, why.OwedBy?.Consumer, why.OwedBy?.Records));
        Assert.True(addsUp);
        Assert.Equal(("stage filter", 9, 5), (plan.Rows[0].Level, plan.Rows[0].Used, plan.Rows[0].NewLimit));
        Assert.Equal(5, slow.Count);
    }

    [Fact]
    public async Task Buffers_per_core()
    {
        // DOCS: cores
        await using var manager = new BufferManager<string>(new() { Stage = new() { FullMode = FullMode.Wait } });
        await using var buffers = new CoreBuffers<string>(
            async (batch, core, cancellationToken) =>
            {
                // The sink: here a stage of a manager. If it fails, the same batch is delivered again.
                OfferResult result = await manager.BufferBatchForStageAsync("store", "app", batch, null, cancellationToken);
                if (result.Consumed < batch.Length) throw new IOException($"the stage accepted {result.Consumed} of {batch.Length}: {result.Status}");
            },
            new CoreBuffersSettings { Capacity = 16_384, BatchSize = 256, MaxRetries = 3 },
            (batch, error) => Console.Error.WriteLine($"{batch.Length} items given up: {error.Message}"));

        buffers.Start();                                        // one buffer per core
        EnqueueStatus status = buffers.Enqueue("hello");        // Accepted, Full or NotStarted; no lock, no allocation
        CoreWriter<string> writer = buffers.CreateWriter();     // first in, first out for everything sent through it
        writer.Enqueue("one");
        writer.Enqueue("two");
        CoreStopReport report = await buffers.StopAsync(TimeSpan.FromSeconds(5));   // the numbers of drained and remaining items
        // END

        Assert.Equal(EnqueueStatus.Accepted, status);
        Assert.EndsWith("drained, none remaining", report.ToString());
        var stored = manager.GetBatch("store", 10).Select(r => r.Record).ToList();
        Assert.Equal(["one", "two"], stored.Where(r => r != "hello"));
        Assert.Contains("hello", stored);
    }

    [Fact]
    public async Task The_port()
    {
        // DOCS: service
        await using IBufferService service = new EmbeddedBufferService();
        await service.ConfigureAsync("analytics", new BufferSettings { MaxPerSource = 5_000, MaxTotalBytes = 64 << 20 });
        await service.ConfigureStageAsync("analytics", "filter", new StageSettings
        {
            FullMode = FullMode.Wait,                           // an offer completes when there is room
            Duplicates = new DuplicateWindow { Count = 100_000 },
        });

        var record = new ConveyorRecord(Id: "order-17", Payload: "17;42.50"u8.ToArray()) { Key = "customer-3" };
        OfferResult first = await service.BufferForStageAsync("analytics", "filter", "kafka-1", record);
        OfferResult again = await service.BufferForStageAsync("analytics", "filter", "kafka-1", record);     // Duplicate

        LeasedBatch batch = await service.GetBatchAsync("analytics", "filter", new BatchRequest(100) { Wait = true, Consumer = "worker 1" });
        SettleResult done = await service.CompleteAsync("analytics", "filter", batch.Id);

        StopReport stopped = await service.StopAsync("analytics", deadline: TimeSpan.FromSeconds(10));       // 0 settled, none remaining
        // END

        Assert.Equal((OfferStatus.Accepted, OfferStatus.Duplicate), (first.Status, again.Status));
        Assert.Equal((1, 1), (batch.Count, done.Settled));
        Assert.Equal("0 settled, none remaining", stopped.ToString());
    }
}
