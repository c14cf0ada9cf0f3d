using System.Collections.Concurrent;
using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Tests.Docs;

/// <summary>The two seed documents written in C#: every method of their tables, every line of their examples and flows. docs/Guarantees.md shows it.</summary>
public class SeedExamples
{
    [Fact]
    public async Task Conveyor_buffer_components()
    {
        var protoRecord = new ConveyorRecord("order-17", "17;42.50"u8.ToArray());

        // DOCS: seed manager
        var settings = new BufferSettings
        {
            MaxTotalRecords = 100_000,
            MaxPerStage = 10_000,
            MaxPerSource = 5_000,
            BackpressureThreshold = 0.8,
        };

        var manager = new BufferManager<ConveyorRecord>(settings, new() { PipelineId = "analytics" });

        // Buffer a record for a stage
        var record = new BufferedRecord<ConveyorRecord>
        {
            Record = protoRecord,
            SourceId = "kafka-1",
            PipelineId = "analytics",
            TargetStageId = "filter",
            BufferedAt = DateTimeOffset.UtcNow,
            RetryCount = 0,
        };

        manager.BufferForStage("filter", record);

        // Get a batch for processing
        var batch = manager.GetBatch("filter", 100);

        // Return failed records to buffer
        var failedRecords = batch.Where(r => r.Record.Payload.IsEmpty || r.RetryCount == 0);
        manager.ReturnToBuffer("filter", failedRecords);
        // END

        Assert.Equal(1, manager.Peek("filter", 1).Single().RetryCount);
        await manager.DisposeAsync();
    }

    [Fact]
    public async Task Conveyor_buffer_controller()
    {
        await using var manager = new BufferManager<string>(new() { MaxPerSource = 10 });
        manager.BufferBatchForStage("filter", "source-1", new string[7]);
        const double threshold = 0.8;

        // DOCS: seed controller
        var controller = new BackpressureController(threshold);

        // Check if backpressure should be applied
        if (manager.ShouldBackpressure("source-1"))
        {
            controller.SetSignal(BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(50)));
        }

        // Get available credits for a source
        long credits = manager.AvailableCredits("source-1");

        // A controller also turns fills into signals: this is what the manager does by itself for every source.
        BackpressureSignal signal = controller.Observe(fill: 0.9);      // Pause
        // END

        Assert.Equal((3, BackpressureSignal.Pause), (credits, signal));
    }

    [Fact]
    public async Task Conveyor_buffer_methods()
    {
        // DOCS: seed methods
        await using var manager = new BufferManager<string>(new() { MaxTotalRecords = 100, MaxPerStage = 50, MaxPerSource = 40 });

        OfferResult one = manager.BufferForStage("filter", "kafka-1", "a");                    // buffer_for_stage(): add record to stage buffer
        OfferResult more = manager.BufferBatchForStage("filter", "kafka-1", ["b", "c", "d"]);  // buffer_batch_for_stage(): add multiple records
        Lease<string> batch = manager.GetBatch("filter", 2);                                   // get_batch(): retrieve batch for processing
        SettleResult returned = manager.ReturnToBuffer(batch, "failed");                       // return_to_buffer(): return failed records (increments retry)
        bool slow = manager.ShouldBackpressure("kafka-1");                                     // should_backpressure(): check if source should slow down
        long credits = manager.AvailableCredits("kafka-1");                                    // available_credits(): get remaining capacity for source
        double stageFill = manager.GetStageUtilization("filter");                              // get_stage_utilization(): get buffer fill percentage
        double globalFill = manager.GetGlobalUtilization();                                    // get_global_utilization(): get total fill percentage
        // END

        Assert.True(one.IsAccepted && more.Accepted == 3);
        Assert.Equal((2, false, 36L, 0.08, 0.04), (returned.Settled, slow, credits, stageFill, globalFill));
        Assert.Equal([1, 1, 0, 0], manager.Peek("filter", 10).Select(r => r.RetryCount));
    }

    [Fact]
    public async Task Conveyor_buffer_hierarchy()
    {
        // DOCS: seed hierarchy
        await using var manager = new BufferManager<int>();     // global limit 100,000; filter, enrich and sink 10,000 each; kafka-1 and kafka-2 5,000 each

        int fromKafka1 = manager.BufferBatchForStage("filter", "kafka-1", new int[6_000]).Accepted;    // 5,000: the source is full
        int fromKafka2 = manager.BufferBatchForStage("filter", "kafka-2", new int[6_000]).Accepted;    // 5,000: the source is full, and now the stage is, too
        OfferStatus third = manager.BufferForStage("filter", "kafka-3", 0).Status;                     // StageFull
        OfferStatus other = manager.BufferForStage("enrich", "kafka-3", 0).Status;                     // Accepted
        // END

        Assert.Equal((5_000, 5_000, OfferStatus.StageFull, OfferStatus.Accepted), (fromKafka1, fromKafka2, third, other));
    }

    [Fact]
    public async Task Conveyor_buffer_backpressure_flow()
    {
        // DOCS: seed flow
        await using var manager = new BufferManager<int>(new() { MaxPerSource = 100 });
        using SignalSubscription signals = manager.SubscribeSignals("kafka-1");

        // 1. Source pushes records. 2. BufferManager accepts if under limits.
        OfferResult result = manager.BufferBatchForStage("filter", "kafka-1", new int[79]);
        bool slowed = result.Signal.Kind == BackpressureKind.SlowDown;    // from 65 % on: wait so long before each offer

        // 3. If utilization reaches 80 %: signal backpressure to the source, which reduces its pull rate.
        result = manager.BufferForStage("filter", "kafka-1", 0);
        bool paused = result.Signal.Kind == BackpressureKind.Pause;

        // 4. As the buffer drains, credits are restored.
        long before = manager.AvailableCredits("kafka-1");              // 20
        manager.Complete(manager.GetBatch("filter", 80));
        long after = manager.AvailableCredits("kafka-1");               // 100

        // 5. Source resumes its normal rate. It learns each change without asking.
        var heard = new List<string>();
        while (signals.TryRead(out BackpressureSignal signal)) heard.Add(signal.Kind.ToString());     // None, SlowDown, Pause, None
        // END

        Assert.True(slowed && paused);
        Assert.Equal((20, 100), (before, after));
        Assert.Equal("None SlowDown Pause None", string.Join(' ', heard));
    }

    [Fact]
    public void SuperCache_start_enqueue_stop()
    {
        var cache = new ConcurrentDictionary<(string Table, int Id), string>();

        // DOCS: seed cores
        var buffers = new CoreBuffers<(string Table, int Id, string Name)>((batch, core, cancellationToken) =>
        {
            foreach (var row in batch.Span) cache[(row.Table, row.Id)] = row.Name;      // the cache that the buffers write into
            return ValueTask.CompletedTask;
        });

        EnqueueStatus early = buffers.Enqueue(("user", 1, "Alice"));                    // NotStarted: {:error, :not_started}

        // Start buffers
        buffers.Start(Environment.ProcessorCount);                                      // start(System.schedulers_online()); Start(4) for four

        // Enqueue data
        EnqueueStatus status = buffers.Enqueue(("user", 1, "Alice"));                   // Accepted: :ok

        // Stop all buffers
        CoreStopReport report = buffers.Stop();                                         // when it returns, everything accepted is in the cache
        // END

        Assert.Equal((EnqueueStatus.NotStarted, EnqueueStatus.Accepted), (early, status));
        Assert.True(report.IsEmpty);
        Assert.Equal("Alice", cache[("user", 1)]);
    }
}
