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
        using var traces = Trace(spans);
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
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public async Task A_listener_of_spans_that_throws_does_not_change_the_outcome_of_records()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        var asked = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "ConveyorActors",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
            {
                if (options.Links?.Any(link => link.Context.TraceId.ToHexString() == trace) != true)
                    return ActivitySamplingResult.None;
                asked++;
                throw new InvalidOperationException("no exporter");
            },
        };
        ActivitySource.AddActivityListener(listener);
        var pipeline = $"traced-{Guid.NewGuid():N}";
        await using var run = await HostRun.StartAsync(services =>
            services.AddSingleton(new Work()).AddConveyor().AddBufferConsumer<RecordWorker>(pipeline, "store")
        );

        await OfferTracedAsync(run, pipeline, trace);
        await run.StopAsync();

        Assert.Equal(1, asked);
        Assert.Equal(1, (await run.Buffers.GetSnapshotAsync(pipeline)).Total.Completed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_span_shows_the_failure_of_its_handler_and_links_to_the_traces_of_its_records(bool inBatches)
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        var spans = new List<Activity>();
        var work = new Work
        {
            Handle = static (_, _) => throw new InvalidOperationException("no connection"),
            HandleBatch = static (_, _) => throw new InvalidOperationException("no connection"),
        };
        var pipeline = $"traced-{Guid.NewGuid():N}";
        using var traces = Trace(spans);
        await using (
            var run = await HostRun.StartAsync(services =>
            {
                services.AddSingleton(work).AddConveyor(options => options.Buffers.Stage.MaxRetries = 0);
                if (inBatches)
                    services.AddBufferConsumer<BatchWorker>(pipeline, "store");
                else
                    services.AddBufferConsumer<RecordWorker>(pipeline, "store");
            })
        )
        {
            await OfferTracedAsync(run, pipeline, trace);
            await run.StopAsync();
        }

        var span = Assert.Single(spans, span => (string?)span.GetTagItem("conveyor.pipeline") == pipeline);
        Assert.Equal((ActivityStatusCode.Error, "no connection"), (span.Status, span.StatusDescription));
        Assert.Equal(
            ("System.InvalidOperationException", 1),
            (span.GetTagItem("error.type"), span.GetTagItem("conveyor.failed"))
        );
        Assert.Equal(trace, Assert.Single(span.Links).Context.TraceId.ToString());
    }

    static TracerProvider Trace(List<Activity> spans) =>
        Sdk.CreateTracerProviderBuilder().AddConveyorInstrumentation().AddInMemoryExporter(spans).Build();

    static async Task OfferTracedAsync(HostRun run, string pipeline, string trace) =>
        await run.Buffers.BufferForStageAsync(
            pipeline,
            "store",
            "web",
            new ConveyorRecord("1", default)
            {
                Headers = new Dictionary<string, string> { ["traceparent"] = $"00-{trace}-b7ad6b7169203331-01" },
            }
        );
}
