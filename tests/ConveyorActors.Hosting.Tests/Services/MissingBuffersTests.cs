using ConveyorActors.Hosting.Tests.Consuming;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ConveyorActors.Hosting.Tests.Services;

/// <summary>Containers to which nothing has added the buffers.</summary>
public sealed class MissingBuffersTests
{
    const string Missing =
        "; call services.AddConveyor(), or services.AddConveyorActors() for buffers that are actors.";

    [Fact]
    public async Task A_consumer_without_buffers_says_which_call_is_missing()
    {
        await using var run = HostRun.Build(services =>
            services.AddSingleton(new Work()).AddBufferConsumer<RecordWorker>("orders", "store")
        );

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(run.StartAsync);

        Assert.Equal(
            $"AddBufferConsumer<RecordWorker> needs buffers, and the container has no IBufferConsumer{Missing}",
            failure.Message
        );
    }

    [Fact]
    public async Task A_health_check_without_buffers_says_which_call_is_missing()
    {
        await using var run = HostRun.Build(services => services.AddLogging().AddHealthChecks().AddConveyor());

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            run.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()
        );

        Assert.Equal(
            $"AddHealthChecks().AddConveyor needs buffers, and the container has no IBufferInspector{Missing}",
            failure.Message
        );
    }
}
