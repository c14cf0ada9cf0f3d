using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ConveyorActors.Hosting.Tests.Health;

/// <summary>The health check of the buffers.</summary>
public sealed class HealthTests
{
    readonly FakeClock clock = new();

    Task<HostRun> StartAsync(params (string Key, string? Value)[] configuration) =>
        HostRun.StartAsync(
            services =>
            {
                services
                    .AddSingleton<TimeProvider>(clock)
                    .AddLogging()
                    .AddConveyor(options => options.StopDeadline = TimeSpan.Zero);
                services.AddHealthChecks().AddConveyor();
            },
            configuration
        );

    static async Task<HealthReportEntry> CheckAsync(HostRun run) =>
        (await run.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["conveyor"];

    [Fact]
    public async Task Buffers_with_room_are_healthy_and_the_numbers_are_in_the_report()
    {
        await using var run = await StartAsync();
        await run.OfferAsync("store", "web", "1", "2");

        var report = await CheckAsync(run);

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal((2L, 0L), (report.Data["orders.pending"], report.Data["orders.deadLetters"]));
    }

    [Fact]
    public async Task A_stage_that_has_been_full_for_too_long_is_degraded_until_it_has_room()
    {
        await using var run = await StartAsync(
            ("Conveyor:Pipelines:orders:MaxPerStage", "2"),
            ("Conveyor:Health:FullFor", "00:01:00")
        );
        await run.OfferAsync("store", "web", "1", "2");

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(run)).Status);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(run)).Status);
        clock.Advance(TimeSpan.FromSeconds(1));
        var report = await CheckAsync(run);
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Equal("stage orders/store has been 100 % full for 00:01:00, longer than 00:01:00", report.Description);

        var batch = await run.Buffers.GetBatchAsync("orders", "store", new(2));
        await run.Buffers.CompleteAsync("orders", "store", batch.Id);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(run)).Status);
    }

    [Fact]
    public async Task Records_that_wait_too_long_degrade_health_if_a_maximum_age_is_set()
    {
        await using var run = await StartAsync(("Conveyor:Health:BacklogAge", "00:00:30"));
        await run.OfferAsync("store", "web", "1");
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(run)).Status);
        clock.Advance(TimeSpan.FromSeconds(1));

        var report = await CheckAsync(run);

        Assert.Equal(
            (
                HealthStatus.Degraded,
                "the oldest record of stage orders/store has waited for 00:00:31, longer than 00:00:30"
            ),
            (report.Status, report.Description)
        );
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_written_is_unhealthy()
    {
        var directory = Directory.CreateTempSubdirectory("conveyor-health-").FullName;
        try
        {
            await using var run = await StartAsync(
                ("Conveyor:DataDirectory", directory),
                ("Conveyor:MaxDataBytes", "1048576")
            );
            Assert.Equal(HealthStatus.Healthy, (await CheckAsync(run)).Status);
            OfferStatus status;
            var payload = new byte[100_000];
            do
            {
                status = (
                    await run.Buffers.BufferForStageAsync(
                        "orders",
                        "store",
                        "web",
                        new("1", payload),
                        AckLevel.Persisted
                    )
                ).Status;
            } while (status == OfferStatus.Accepted);
            Assert.Equal(OfferStatus.StoreFailing, status);

            var report = await CheckAsync(run);

            Assert.Equal(
                (HealthStatus.Unhealthy, $"data directory {directory} cannot be written: the disk is full"),
                (report.Status, report.Description)
            );
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
