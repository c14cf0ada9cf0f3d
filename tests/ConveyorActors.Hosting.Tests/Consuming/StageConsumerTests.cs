using ConveyorActors.Hosting.Consuming;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConveyorActors.Hosting.Tests.Consuming;

/// <summary>What consumers have in common.</summary>
public sealed class StageConsumerTests
{
    [Fact]
    public async Task A_handler_that_ignores_its_token_is_logged_once_for_each_lease()
    {
        var (clock, log, work) = (new FakeClock(), new CollectedLog(), new Work());
        var (entered, release) = (
            new SemaphoreSlim(0),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        work.Handle = (_, _) =>
        {
            entered.Release();
            return new(release.Task.WaitAsync(HostRun.Patience));
        };
        await using var run = await HostRun.StartAsync(services =>
            services
                .AddSingleton<TimeProvider>(clock)
                .AddSingleton<ILoggerProvider>(log)
                .AddSingleton(work)
                .AddConveyor(options => options.Buffers.Stage.LeaseTimeout = TimeSpan.FromHours(1))
                .AddBufferConsumer<RecordWorker>(
                    "orders",
                    "store",
                    options =>
                        (options.HandlingTimeout, options.BatchSize, options.Workers) = (TimeSpan.FromMinutes(1), 1, 2)
                )
        );
        await run.OfferAsync("store", "web", "1");
        await run.OfferAsync("store", "phone", "2");
        Assert.True(await entered.WaitAsync(HostRun.Patience));
        Assert.True(await entered.WaitAsync(HostRun.Patience));

        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(log.Warnings);
        clock.Advance(TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromMinutes(5));

        var leases = (await run.Buffers.GetSnapshotAsync("orders")).Stages.Single().Leases.Select(lease => lease.Id);
        Assert.Equal(
            leases.Select(lease => $"{lease}").Order(StringComparer.Ordinal),
            log.Warnings.Select(warning => warning.Split(' ')[4]).Order(StringComparer.Ordinal)
        );
        Assert.All(
            log.Warnings,
            warning =>
                Assert.EndsWith(
                    " of orders/store for longer than its HandlingTimeout of 00:01:00; the handler's token is cancelled, and records that are still open when the lease expires are leased again",
                    warning,
                    StringComparison.Ordinal
                )
        );
        release.SetResult();
        await run.UntilEmptyAsync();
    }

    /// <summary>A log whose disk is full: what this project logs throws.</summary>
    sealed class FullLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("ConveyorActors", StringComparison.Ordinal) ? this : NullLogger.Instance;

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => throw new IOException("no space left on device");
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_changes_no_outcome_and_ends_nothing()
    {
        var work = new Work
        {
            Handle = static (record, _) =>
                record.Record.Id switch
                {
                    "bad" => throw new DeadLetterException("no such customer"),
                    "late" when record.RetryCount == 0 => throw new FormatException("not yet"),
                    _ => default,
                },
            HandleBatch = static (batch, _) =>
                batch.Records.Any(record => record.RetryCount == 0) ? throw new FormatException("not yet") : default,
        };
        await using var run = await HostRun.StartAsync(services =>
            services
                .AddSingleton<ILoggerProvider>(new FullLog())
                .AddSingleton(work)
                .AddConveyor(options => options.Buffers.Stage.Backoff.First = TimeSpan.Zero)
                .AddBufferConsumer<RecordWorker>("orders", "store")
                .AddBufferConsumer<BatchWorker>("orders", "mail")
        );
        await run.OfferAsync("store", "web", "1", "bad", "late", "2");
        await run.OfferAsync("mail", "web", "m1", "m2");
        await run.UntilEmptyAsync();
        await run.OfferAsync("store", "web", "3");
        await run.UntilEmptyAsync();
        await run.StopAsync();

        Assert.Equal(["1", "bad", "late", "late", "2", "3"], work.Ids.Where(id => id[0] != 'm'));
        var total = (await run.Buffers.GetSnapshotAsync("orders")).Total;
        Assert.Equal((6, 1), (total.Completed, total.DeadLettered));
    }

    /// <summary>A clock that fails to make its first timer.</summary>
    sealed class FailingClock : TimeProvider
    {
        int timers;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Interlocked.Increment(ref timers) == 1
                ? throw new InvalidOperationException("no timers")
                : base.CreateTimer(callback, state, dueTime, period);
    }

    static Task<HostRun> StartAsync(Work work, CollectedLog log, IBufferService buffers) =>
        HostRun.StartAsync(services =>
            services
                .AddSingleton<TimeProvider>(new FailingClock())
                .AddSingleton<ILoggerProvider>(log)
                .AddSingleton(work)
                .AddBufferService(_ => buffers)
                .AddBufferConsumer<RecordWorker>("orders", "store", options => options.Workers = 2)
        );

    [Fact]
    public async Task A_worker_that_ends_unexpectedly_is_logged_at_once_and_the_others_continue()
    {
        var (work, log, leases) = (new Work(), new CollectedLog(), 0);
        var buffers = InterceptedBuffers.Create(call =>
        {
            if (call == nameof(IBufferConsumer.GetBatchAsync) && Interlocked.Increment(ref leases) == 1)
                throw new IOException("no connection");
        });
        await using var run = await StartAsync(work, log, buffers);
        await run.UntilAsync(_ => log.Warnings.Count == 2);
        await run.OfferAsync("store", "web", "1");
        await run.UntilEmptyAsync();

        Assert.Equal(
            "A worker of RecordWorker at orders/store ended unexpectedly; the other workers of the consumer continue",
            log.Warnings.Last()
        );
    }

    [Fact]
    public async Task A_lease_whose_work_cannot_begin_ends_no_worker()
    {
        var (work, log) = (new Work(), new CollectedLog());
        await using var run = await StartAsync(work, log, new EmbeddedBufferService());
        await run.OfferAsync("store", "web", "1");
        await run.UntilAsync(_ => log.Warnings.Count == 1);
        await run.OfferAsync("store", "phone", "2");
        await run.UntilAsync(snapshot => snapshot.Total.Completed == 1);

        Assert.EndsWith(
            " at orders/store: no timers; open records are leased again",
            Assert.Single(log.Warnings),
            StringComparison.Ordinal
        );
    }
}
