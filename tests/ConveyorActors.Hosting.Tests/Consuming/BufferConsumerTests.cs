using ConveyorActors.Hosting.Consuming;
using ConveyorActors.Hosting.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Tests.Consuming;

/// <summary>Consumers of records, in a host.</summary>
public class BufferConsumerTests
{
    readonly Work work = new();

    Task<HostRun> StartAsync(
        Action<ConsumerOptions>? configure = null,
        Action<ConveyorOptions>? buffers = null,
        Action<IServiceCollection>? add = null
    ) =>
        HostRun.StartAsync(services =>
        {
            add?.Invoke(services);
            services
                .AddSingleton(work)
                .AddConveyor(options =>
                {
                    options.Buffers.Stage.Backoff.First = TimeSpan.Zero;
                    buffers?.Invoke(options);
                });
            services.AddBufferConsumer<RecordWorker>("orders", "store", configure);
        });

    [Fact]
    public async Task Records_are_handled_in_order_and_completed()
    {
        await using var run = await StartAsync(options => options.BatchSize = 2);
        await run.OfferAsync("store", "web", "1", "2", "3", "4", "5");
        await run.UntilEmptyAsync();

        Assert.Equal(["1", "2", "3", "4", "5"], work.Ids);
        Assert.Equal(5, (await run.Buffers.GetSnapshotAsync("orders")).Total.Completed);
    }

    [Fact]
    public async Task A_record_whose_handling_throws_is_retried_and_becomes_a_dead_letter()
    {
        work.Handle = static (record, _) =>
            record.Record.Id == "bad" ? throw new FormatException("not a number") : default;
        await using var run = await StartAsync(buffers: options => options.Buffers.Stage.MaxRetries = 2);
        await run.OfferAsync("store", "web", "1", "bad", "2", "3");
        await run.UntilEmptyAsync();

        var letter = Assert.Single(await run.Buffers.GetDeadLettersAsync("orders", "store", 10));
        Assert.Equal(("bad", "not a number"), (letter.Record.Record.Id, letter.LastError));
        Assert.Equal(3, work.Ids.Count(id => id == "bad"));
        Assert.Equal(3, (await run.Buffers.GetSnapshotAsync("orders")).Total.Completed);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_record_whose_exception_has_no_message_is_charged_and_the_others_are_completed(bool throws)
    {
        work.Handle = (record, _) => record.Record.Id == "bad" ? throw new NoMessageException(throws) : default;
        await using var run = await StartAsync(buffers: options => options.Buffers.Stage.MaxRetries = 1);
        await run.OfferAsync("store", "web", "1", "bad", "2");
        await run.UntilEmptyAsync();

        Assert.Equal(
            typeof(NoMessageException).FullName,
            Assert.Single(await run.Buffers.GetDeadLettersAsync("orders", "store", 10)).LastError
        );
        Assert.Equal(["1", "bad", "bad", "2"], work.Ids);
    }

    [Fact]
    public async Task Handled_records_are_completed_even_if_a_return_fails()
    {
        work.Handle = static (record, _) => record.Record.Id == "bad" ? throw new FormatException() : default;
        await using var run = await HostRun.StartAsync(services =>
            services
                .AddSingleton(work)
                .AddBufferService(_ =>
                    InterceptedBuffers.Create(static call =>
                    {
                        if (call == nameof(IBufferConsumer.ReturnToBufferAsync))
                            throw new ArgumentException("the reason is too long", "reason");
                    })
                )
                .AddBufferConsumer<RecordWorker>("orders", "store")
        );
        await run.OfferAsync("store", "web", "1", "bad");
        await run.OfferAsync("store", "phone", "2");
        await run.UntilAsync(snapshot => snapshot.Total.Completed == 2);

        Assert.Equal(1, (await run.Buffers.GetSnapshotAsync("orders")).Total.InFlight);
    }

    [Fact]
    public async Task Records_do_not_overtake_a_failed_record_of_their_source()
    {
        work.Handle = static (record, _) =>
            record is { Record.Id: "1", RetryCount: < 2 } ? throw new IOException("not yet") : default;
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "2", "3");
        await run.OfferAsync("store", "phone", "a", "b");
        await run.UntilEmptyAsync();

        Assert.Equal(
            ["1", "1", "1", "2", "3"],
            work.Seen.Where(record => record.SourceId == "web").Select(record => record.Record.Id)
        );
        Assert.All(work.Seen.Where(record => record.Record.Id != "1"), record => Assert.Equal(0, record.RetryCount));
        Assert.Equal(
            ["a", "b"],
            work.Seen.Where(record => record.SourceId == "phone").Select(record => record.Record.Id)
        );
    }

    [Fact]
    public async Task A_record_that_cannot_be_handled_is_dead_lettered_at_once()
    {
        work.Handle = static (record, _) =>
            record.Record.Id == "bad" ? throw new DeadLetterException("no such customer") : default;
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "bad", "2");
        await run.UntilEmptyAsync();

        Assert.Equal(["1", "bad", "2"], work.Ids);
        Assert.Equal(
            "no such customer",
            Assert.Single(await run.Buffers.GetDeadLettersAsync("orders", "store", 10)).LastError
        );
    }

    [Fact]
    public async Task Several_workers_handle_several_leases_at_a_time()
    {
        var all = new CountdownEvent(3);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Handle = (_, _) =>
        {
            if (all.Signal())
                reached.SetResult();
            return new(reached.Task.WaitAsync(HostRun.Patience));
        };
        await using var run = await StartAsync(options => (options.Workers, options.BatchSize) = (3, 1));
        await run.OfferAsync("store", "a", "1");
        await run.OfferAsync("store", "b", "2");
        await run.OfferAsync("store", "c", "3");
        await run.UntilEmptyAsync();

        Assert.Equal(["1", "2", "3"], work.Ids.Order());
    }

    [Fact]
    public async Task One_class_may_consume_several_stages()
    {
        await using var run = await StartAsync(add: services =>
            services.AddBufferConsumer<RecordWorker>("orders", "mail")
        );
        await run.OfferAsync("store", "web", "1");
        await run.OfferAsync("mail", "web", "2");
        await run.UntilEmptyAsync();

        Assert.Equal(
            [("1", "store"), ("2", "mail")],
            work.Seen.Select(record => (record.Record.Id, record.TargetStageId)).Order()
        );
    }

    [Fact]
    public async Task A_stop_of_the_host_refuses_offers_and_lets_consumers_finish()
    {
        var (entered, release) = (
            new TaskCompletionSource(),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        work.Handle = (_, _) =>
        {
            entered.TrySetResult();
            return new(release.Task.WaitAsync(HostRun.Patience));
        };
        await using var run = await StartAsync(options => options.BatchSize = 1);
        await run.OfferAsync("store", "web", "1", "2", "3");
        await entered.Task.WaitAsync(HostRun.Patience);
        var buffers = run.Buffers;

        var stopping = run.StopAsync();
        await run.UntilAsync(snapshot => snapshot.State != "Running");
        var refused = await buffers.BufferForStageAsync("orders", "store", "web", new("4", default));
        release.SetResult();
        await stopping;

        Assert.Equal(OfferStatus.Draining, refused.Status);
        Assert.Equal(["1", "2", "3"], work.Ids);
        Assert.Equal(
            (3, 0),
            (
                (await buffers.GetSnapshotAsync("orders")).Total.Completed,
                (await buffers.GetSnapshotAsync("orders")).Total.Pending
            )
        );
    }

    [Fact]
    public async Task A_stop_without_a_deadline_finishes_the_open_leases()
    {
        var (entered, release) = (
            new TaskCompletionSource(),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        work.Handle = (_, _) =>
        {
            entered.TrySetResult();
            return new(release.Task.WaitAsync(HostRun.Patience));
        };
        await using var run = await StartAsync(
            options => options.BatchSize = 1,
            options => options.StopDeadline = TimeSpan.Zero
        );
        await run.OfferAsync("store", "web", "1", "2", "3");
        await entered.Task.WaitAsync(HostRun.Patience);

        var stopping = run.StopAsync();
        Assert.False(stopping.IsCompleted);
        release.SetResult();
        await stopping;

        var total = (await run.Buffers.GetSnapshotAsync("orders")).Total;
        Assert.Equal((1, 2), (total.Completed, total.Buffered));
        Assert.Equal(["1"], work.Ids);
    }

    [Fact]
    public async Task After_the_stop_deadline_handlers_are_cancelled_and_records_returned_uncharged()
    {
        var entered = new TaskCompletionSource();
        work.Handle = async (_, cancellationToken) =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        };
        await using var run = await StartAsync(buffers: options => options.StopDeadline = TimeSpan.Zero);
        await run.OfferAsync("store", "web", "1", "2");
        await entered.Task.WaitAsync(HostRun.Patience);

        using var outOfTime = new CancellationTokenSource();
        await outOfTime.CancelAsync();
        await run.StopAsync(outOfTime.Token);
        await run.UntilAsync(snapshot => snapshot.Total is { InFlight: 0, Retries: 0 });

        Assert.Single(work.Seen);
    }

    /// <summary>The shutdown timeout passes while the consumers are stopped, as in a host; not before.</summary>
    [Theory]
    [InlineData(0, "Pipeline orders has stopped: 0 settled, 2 remaining (store 2); they are lost with this process")]
    [InlineData(1, "Pipeline orders has stopped: 1 settled, 2 remaining (store 2); they are lost with this process")]
    [InlineData(
        20_000,
        "Pipeline orders: the host's shutdown timeout was over before consumers had finished: 1 settled, 2 remaining (store 2); they are lost with this process"
    )]
    public async Task At_the_shutdown_timeout_handlers_settle_and_the_remaining_records_are_counted(
        int stopDeadline,
        string expected
    )
    {
        var (entered, log) = (new TaskCompletionSource(), new CollectedLog());
        work.Handle = async (record, cancellationToken) =>
        {
            if (record.Record.Id == "1")
                return;
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(50, CancellationToken.None); // it cleans up
            cancellationToken.ThrowIfCancellationRequested();
        };
        await using var run = await StartAsync(
            buffers: options => options.StopDeadline = TimeSpan.FromMilliseconds(stopDeadline),
            add: services => services.AddSingleton<ILoggerProvider>(log)
        );
        await run.OfferAsync("store", "web", "1", "2", "3");
        await entered.Task.WaitAsync(HostRun.Patience);

        using var outOfTime = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await run.StopAsync(outOfTime.Token);

        var total = (await run.Buffers.GetSnapshotAsync("orders")).Total;
        Assert.Equal((1, 2, 0, 0), (total.Completed, total.Buffered, total.InFlight, total.Retries));
        Assert.Equal(expected, Assert.Single(log.Warnings));
    }

    [Fact]
    public async Task A_lease_is_renewed_while_its_records_are_handled()
    {
        var clock = new FakeClock();
        var (entered, release) = (
            new TaskCompletionSource(),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        work.Handle = (_, _) =>
        {
            entered.TrySetResult();
            return new(release.Task.WaitAsync(HostRun.Patience));
        };
        await using var run = await StartAsync(
            options => options.HandlingTimeout = Timeout.InfiniteTimeSpan,
            options => options.Buffers.Stage.LeaseTimeout = TimeSpan.FromSeconds(30),
            services => services.AddSingleton<TimeProvider>(clock)
        );
        await run.OfferAsync("store", "web", "1");
        await entered.Task.WaitAsync(HostRun.Patience);
        for (var i = 0; i < 20; i++)
        {
            var deadline = (await run.Buffers.GetSnapshotAsync("orders")).Stages.Single().Leases.Single().Deadline;
            clock.Advance(TimeSpan.FromSeconds(10));
            await run.UntilAsync(snapshot => snapshot.Stages.Single().Leases.Single().Deadline > deadline);
        }
        release.SetResult();
        await run.UntilEmptyAsync();

        Assert.Equal(
            (1, 0),
            (
                (await run.Buffers.GetSnapshotAsync("orders")).Total.Completed,
                (await run.Buffers.GetSnapshotAsync("orders")).Total.Retries
            )
        );
    }

    [Fact]
    public async Task A_handler_that_hangs_is_cancelled_and_its_record_is_charged()
    {
        var clock = new FakeClock();
        var entered = new TaskCompletionSource();
        work.Handle = async (record, cancellationToken) =>
        {
            if (record.RetryCount > 0)
                return;
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        };
        await using var run = await StartAsync(
            options => options.HandlingTimeout = TimeSpan.FromMinutes(1),
            options => options.Buffers.Stage.LeaseTimeout = TimeSpan.FromHours(1),
            services => services.AddSingleton<TimeProvider>(clock)
        );
        await run.OfferAsync("store", "web", "1");
        await entered.Task.WaitAsync(HostRun.Patience);
        clock.Advance(TimeSpan.FromMinutes(1));
        await run.UntilEmptyAsync();

        Assert.Equal([0, 1], work.Seen.Select(record => record.RetryCount));
    }

    [Fact]
    public async Task A_consumer_leases_again_after_a_failure_of_the_service()
    {
        var clock = new FakeClock();
        var buffers = new FailsFirst();
        await using var consumer = new Disposing<RecordWorker>(new(work));
        consumer.Value.Connect(
            new("orders", "store", new(), buffers, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, clock)
        );

        await consumer.Value.StartAsync(default);
        await buffers.Failed.Task.WaitAsync(HostRun.Patience);
        using var limit = new CancellationTokenSource(HostRun.Patience);
        while (!buffers.Asked.Task.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, limit.Token);
        }
        await consumer.Value.StopAsync(default).WaitAsync(HostRun.Patience);
    }

    /// <summary>Handles records as the test says.</summary>
    sealed class Importer<TPart>(Work work) : BufferConsumer
    {
        protected override ValueTask HandleAsync(
            BufferedRecord<ConveyorRecord> record,
            CancellationToken cancellationToken
        ) => work.Handle(record, cancellationToken);
    }

    [Theory]
    [InlineData("Importer", "Other", "parts"), InlineData("Importer`1", "Other", "parts")]
    [InlineData("Importer", "Importer`1", "others")]
    public async Task A_generic_consumer_has_the_options_of_its_name_without_type_arguments(
        string key,
        string otherKey,
        string expected
    )
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Handle = (_, _) =>
        {
            entered.TrySetResult();
            return new(release.Task.WaitAsync(HostRun.Patience));
        };
        await using var run = await HostRun.StartAsync(
            services => services.AddSingleton(work).AddConveyor().AddBufferConsumer<Importer<int>>("orders", "store"),
            ($"Conveyor:Consumers:{key}:Name", "parts"),
            ($"Conveyor:Consumers:{otherKey}:Name", "others")
        );
        await run.OfferAsync("store", "web", "1");
        await entered.Task.WaitAsync(HostRun.Patience);
        var lease = (await run.Buffers.GetSnapshotAsync("orders")).Stages.Single().Leases.Single();
        release.SetResult();
        await run.UntilEmptyAsync();

        Assert.Equal(expected, lease.Consumer);
    }

    [Fact]
    public async Task Options_of_a_consumer_come_from_the_section_and_then_from_code()
    {
        var most = 0;
        work.HandleBatch = (batch, _) =>
        {
            most = Math.Max(most, batch.Records.Count);
            return default;
        };
        await using var run = HostRun.Build(
            services =>
                services
                    .AddSingleton(work)
                    .AddConveyor()
                    .AddBufferConsumer<BatchWorker>(
                        "orders",
                        "store",
                        options => options.Name = $"writer of {options.BatchSize}"
                    ),
            ("Conveyor:Consumers:BatchWorker:BatchSize", "2"),
            ("Conveyor:Consumers:BatchWorker:Workers", "3")
        );
        await run.OfferAsync("store", "web", "1", "2", "3", "4");
        await run.StartAsync();
        await run.UntilEmptyAsync();

        Assert.Equal(2, most);
    }

    [Fact]
    public async Task A_wrong_option_of_a_consumer_stops_the_start()
    {
        await using var run = HostRun.Build(services =>
            services
                .AddSingleton(work)
                .AddConveyor()
                .AddBufferConsumer<RecordWorker>("orders", "store", options => options.Workers = 0)
        );

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(run.StartAsync);

        Assert.Equal(
            "Conveyor:Consumers:RecordWorker:Workers is 0; it must be from 1 to 1,000.",
            Assert.Single(failure.Failures)
        );
    }

    [Fact]
    public async Task The_error_for_a_consumer_without_a_stage_tells_how_to_add_it()
    {
        await using var consumer = new Disposing<RecordWorker>(new(work));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await consumer.Value.StartAsync(default);
            await consumer.Value.ExecuteTask!;
        });

        Assert.Equal(
            "RecordWorker has no stage to consume from; add it with services.AddBufferConsumer<RecordWorker>(pipeline, stage).",
            failure.Message
        );
    }

    sealed class Disposing<T>(T value) : IAsyncDisposable
        where T : IDisposable
    {
        public T Value => value;

        public ValueTask DisposeAsync()
        {
            value.Dispose();
            return default;
        }
    }

    /// <summary>Fails once, and then never has a record.</summary>
    sealed class FailsFirst : IBufferConsumer
    {
        int calls;

        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<LeasedBatch> GetBatchAsync(
            string pipeline,
            string stage,
            BatchRequest request,
            CancellationToken cancellationToken = default
        )
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                Failed.SetResult();
                throw new TimeoutException("no reply");
            }
            Asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("not reached");
        }

        public ValueTask<SettleResult> CompleteAsync(
            string pipeline,
            string stage,
            long lease,
            IReadOnlyList<long>? sequences = null,
            CancellationToken cancellationToken = default
        ) => default;

        public ValueTask<SettleResult> ReturnToBufferAsync(
            string pipeline,
            string stage,
            long lease,
            IReadOnlyList<long>? sequences,
            string reason,
            bool charge = true,
            CancellationToken cancellationToken = default
        ) => default;

        public ValueTask<SettleResult> DeadLetterAsync(
            string pipeline,
            string stage,
            long lease,
            IReadOnlyList<long>? sequences,
            string reason,
            CancellationToken cancellationToken = default
        ) => default;

        public ValueTask<SettleResult> HopAsync(
            string pipeline,
            string stage,
            long lease,
            IReadOnlyList<long>? sequences,
            string targetStage,
            ReadOnlyMemory<ConveyorRecord> results,
            CancellationToken cancellationToken = default
        ) => default;

        public ValueTask<SettleResult> AbandonAsync(
            string pipeline,
            string stage,
            long lease,
            string reason,
            CancellationToken cancellationToken = default
        ) => default;

        public ValueTask<SettleResult> AbandonAsync(
            string pipeline,
            string stage,
            IReadOnlyList<long> leases,
            string reason,
            CancellationToken cancellationToken = default
        ) => default;

        public ValueTask<SettleResult> RenewAsync(
            string pipeline,
            string stage,
            long lease,
            CancellationToken cancellationToken = default
        ) => default;
    }
}
