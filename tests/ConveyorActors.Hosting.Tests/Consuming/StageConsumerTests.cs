using Microsoft.Extensions.Logging;

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
}
