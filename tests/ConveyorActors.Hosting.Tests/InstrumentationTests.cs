using System.Diagnostics;
using ConveyorActors.Hosting.Tests.Consuming;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ConveyorActors.Hosting.Tests;

/// <summary>The numbers and spans of the buffers in OpenTelemetry.</summary>
public sealed class InstrumentationTests
{
    [Fact]
    public async Task The_numbers_of_a_pipeline_are_exported()
    {
        var exported = new List<Metric>();
        using var metrics = Sdk.CreateMeterProviderBuilder()
            .AddConveyorInstrumentation()
            .AddInMemoryExporter(exported)
            .Build();
        await using var run = await HostRun.StartAsync(services =>
            services.AddConveyor(options => options.StopDeadline = TimeSpan.Zero)
        );
        await run.OfferAsync("store", "web", "1", "2");

        metrics.ForceFlush();

        Assert.Contains(exported, metric => metric.Name == "conveyor.buffered");
        Assert.Contains(exported, metric => metric.Name == "conveyor.accepted");
    }

    [Fact]
    public async Task Leases_handled_by_a_consumer_are_spans()
    {
        var spans = new List<Activity>();
        var work = new Work();
        var pipeline = $"traced-{Guid.NewGuid():N}";
        using var traces = Sdk.CreateTracerProviderBuilder()
            .AddConveyorInstrumentation()
            .AddInMemoryExporter(spans)
            .Build();
        await using (
            var run = await HostRun.StartAsync(services =>
                services.AddSingleton(work).AddConveyor().AddBufferConsumer<RecordWorker>(pipeline, "store")
            )
        )
        {
            await run.Buffers.BufferForStageAsync(pipeline, "store", "web", new("1", default));
            await run.StopAsync();
        }

        var span = Assert.Single(
            spans,
            span => span.DisplayName == "conveyor.handle" && (string?)span.GetTagItem("conveyor.pipeline") == pipeline
        );
        Assert.Equal(("store", 1), (span.GetTagItem("conveyor.stage"), span.GetTagItem("conveyor.records")));
    }
}
