using Microsoft.Extensions.Logging;

namespace ConveyorActors.Hosting.Tests.Consuming;

/// <summary>Consumers of batches, in a host.</summary>
public class BufferBatchConsumerTests
{
    readonly Work work = new();

    Task<HostRun> StartAsync() =>
        HostRun.StartAsync(services =>
            services
                .AddSingleton(work)
                .AddConveyor(options => options.Buffers.Stage.Backoff.First = TimeSpan.Zero)
                .AddBufferConsumer<BatchWorker>("orders", "store", options => options.OneSource = true)
        );

    [Fact]
    public async Task Records_that_the_handler_does_not_settle_are_completed()
    {
        work.HandleBatch = async (batch, _) =>
        {
            await batch.DeadLetterAsync(batch.Records.Where(record => record.Record.Id == "bad"), "bad");
            await batch.CompleteAsync(batch.Records.Where(record => record.Record.Id == "1"));
        };
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "bad", "2");
        await run.UntilEmptyAsync();

        var total = (await run.Buffers.GetSnapshotAsync("orders")).Total;
        Assert.Equal((2, 1), (total.Completed, total.DeadLettered));
    }

    [Fact]
    public async Task Returned_records_are_delivered_again_and_charged_if_the_handler_fails_them()
    {
        work.HandleBatch = async (batch, _) =>
        {
            await batch.ReturnAsync(
                batch.Records.Where(record => record is { SourceId: "charged", RetryCount: 0 }),
                "later"
            );
            if (work.Seen.Count(record => record.SourceId == "free") == 1)
                await batch.ReturnAsync(
                    batch.Records.Where(record => record.SourceId == "free"),
                    "later",
                    charge: false
                );
        };
        await using var run = await StartAsync();
        await run.OfferAsync("store", "charged", "1");
        await run.UntilEmptyAsync();
        await run.OfferAsync("store", "free", "2");
        await run.UntilEmptyAsync();

        Assert.Equal(
            [("1", 0), ("1", 1), ("2", 0), ("2", 0)],
            work.Seen.Select(record => (record.Record.Id, record.RetryCount))
        );
    }

    [Fact]
    public async Task A_record_that_fails_its_batch_is_found_and_the_others_are_not_charged()
    {
        work.HandleBatch = static (batch, _) =>
            batch.Records.Any(record => record.Record.Id == "poison")
                ? throw new InvalidOperationException("constraint violated")
                : default;
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "2", "3", "poison", "4", "5");
        await run.UntilEmptyAsync();

        var letter = Assert.Single(await run.Buffers.GetDeadLettersAsync("orders", "store", 10));
        Assert.Equal(("poison", "constraint violated"), (letter.Record.Record.Id, letter.LastError));
        Assert.All(
            work.Seen.Where(record => record.Record.Id != "poison"),
            record => Assert.Equal(0, record.RetryCount)
        );
        Assert.Equal(5, (await run.Buffers.GetSnapshotAsync("orders")).Total.Completed);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_batch_whose_exception_has_no_message_comes_again_with_the_type_as_the_reason(bool throws)
    {
        work.HandleBatch = (batch, _) =>
            batch.Records.Any(record => record.Record.Id == "poison") ? throw new NoMessageException(throws) : default;
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "poison", "2");
        await run.UntilEmptyAsync();

        Assert.Equal(
            typeof(NoMessageException).FullName,
            Assert.Single(await run.Buffers.GetDeadLettersAsync("orders", "store", 10)).LastError
        );
    }

    [Fact]
    public async Task Results_of_a_batch_reach_the_next_stage_when_the_batch_is_completed()
    {
        work.HandleBatch = static async (batch, cancellationToken) =>
            await batch.HopAsync(
                null,
                "mail",
                batch.Records.Select(record => new ConveyorRecord(record.Record.Id + "!", default)).ToArray(),
                cancellationToken
            );
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "2");
        await run.UntilAsync(snapshot => snapshot.Total is { Completed: 2, Buffered: 2 });

        Assert.Equal(
            ["1!", "2!"],
            (await run.Buffers.PeekAsync("orders", "mail", 10)).Select(record => record.Record.Id)
        );
    }

    static Task<HostRun> StartAsync(Work work, CollectedLog log, FakeClock clock) =>
        HostRun.StartAsync(services =>
            services
                .AddSingleton<TimeProvider>(clock)
                .AddSingleton<ILoggerProvider>(log)
                .AddSingleton(work)
                .AddConveyor(options => options.Buffers.MaxPerStage = 10)
                .AddBufferConsumer<BatchWorker>(
                    "orders",
                    "store",
                    options => (options.OneSource, options.HandlingTimeout) = (true, TimeSpan.FromMinutes(1))
                )
        );

    [Fact]
    public async Task A_failed_batch_is_logged_with_the_number_of_its_open_records()
    {
        var (log, clock) = (new CollectedLog(), new FakeClock());
        work.HandleBatch = static async (batch, _) =>
        {
            if (batch.Records[0].Record.Id == "1")
                await batch.CompleteAsync(batch.Records.Take(1));
            if (batch.Records.Count > 1)
                throw new FormatException("no number");
        };
        await using var run = await StartAsync(work, log, clock);
        await run.OfferAsync("store", "web", "1", "2", "3");
        await run.UntilEmptyAsync();

        Assert.Equal(
            "BatchWorker failed on a batch at orders/store; its 2 open records come again, in smaller leases if there are several",
            Assert.Single(log.Warnings)
        );
    }

    [Fact]
    public async Task A_failure_after_all_records_were_settled_is_logged_without_records()
    {
        var (log, clock) = (new CollectedLog(), new FakeClock());
        work.HandleBatch = static async (batch, _) =>
        {
            await batch.CompleteAsync();
            throw new FormatException("no number");
        };
        await using var run = await StartAsync(work, log, clock);
        await run.OfferAsync("store", "web", "1");
        await run.UntilAsync(_ => log.Warnings.Count == 1);

        Assert.Equal(
            "BatchWorker failed on a batch at orders/store after all its records were settled; none comes again",
            Assert.Single(log.Warnings)
        );
    }

    [Fact]
    public async Task A_hop_whose_wait_is_cancelled_is_not_logged_as_a_failed_batch()
    {
        var (log, clock) = (new CollectedLog(), new FakeClock());
        var hopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        work.HandleBatch = async (batch, cancellationToken) =>
        {
            if (batch.Records[0].Record.Id == "last")
                return;
            var results = Enumerable.Range(0, 50).Select(i => new ConveyorRecord($"{i}", default)).ToArray();
            var hop = batch.HopAsync(null, "mail", results, cancellationToken);
            hopping.SetResult();
            await hop;
        };
        await using var run = await StartAsync(work, log, clock);
        await run.OfferAsync("store", "web", "1");
        await hopping.Task.WaitAsync(HostRun.Patience);
        await run.UntilAsync(snapshot => snapshot.Total.Hopping > 0);
        clock.Advance(TimeSpan.FromMinutes(1));
        await run.OfferAsync("store", "web", "last");
        await run.UntilAsync(snapshot => snapshot.Total.Completed == 2);

        Assert.Contains("HandlingTimeout", Assert.Single(log.Warnings), StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Settling_records_of_a_lease_that_is_over_is_logged(bool isNamed)
    {
        var (log, clock) = (new CollectedLog(), new FakeClock());
        var buffers = new EmbeddedBufferService();
        work.HandleBatch = async (batch, _) =>
        {
            var lease = (await buffers.GetSnapshotAsync("orders")).Stages.Single().Leases.Single().Id;
            await buffers.CompleteAsync("orders", "store", lease);
            await batch.CompleteAsync(isNamed ? batch.Records : null);
        };
        await using var run = await HostRun.StartAsync(services =>
            services
                .AddSingleton<ILoggerProvider>(log)
                .AddSingleton(work)
                .AddBufferService(_ => buffers)
                .AddBufferConsumer<BatchWorker>("orders", "store")
        );
        await run.OfferAsync("store", "web", "1");
        await run.UntilAsync(_ => log.Warnings.Count > 0);

        Assert.EndsWith(
            " at orders/store: the stage replied UnknownLease; open records are leased again",
            log.Warnings.First(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_hop_of_several_sources_is_refused_as_the_records()
    {
        ArgumentException? wrong = null;
        work.HandleBatch = async (batch, cancellationToken) =>
            wrong = await Assert.ThrowsAsync<ArgumentException>(() =>
                batch.HopAsync(batch.Records, "mail", Array.Empty<ConveyorRecord>(), cancellationToken)
            );
        var buffers = new EmbeddedBufferService();
        await buffers.BufferForStageAsync("orders", "store", "web", new("1", default));
        await buffers.BufferForStageAsync("orders", "store", "phone", new("2", default));
        await using var run = await HostRun.StartAsync(services =>
            services.AddSingleton(work).AddBufferService(_ => buffers).AddBufferConsumer<BatchWorker>("orders", "store")
        );
        await run.UntilEmptyAsync();

        Assert.Equal("records", wrong?.ParamName);
        Assert.StartsWith(
            "The records to hop are of several sources; hop each source's records by themselves.",
            wrong?.Message,
            StringComparison.Ordinal
        );
    }
}
