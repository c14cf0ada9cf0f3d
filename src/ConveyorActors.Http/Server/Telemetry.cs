using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ConveyorActors.Http.Server;

/// <summary>
/// Serves metrics in the Prometheus text format at <c>/metrics</c>, and exports metrics and traces over OTLP if
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
/// </summary>
static class Telemetry
{
    public const string Path = "/metrics";

    const string Name = "ConveyorActors";
    const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const string WithoutTags = "Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData";

    /// <summary>Maximum number of series per metric. Every stage and every source is a series.</summary>
    const int MaxSeries = 100_000;

    public static void AddTo(WebApplicationBuilder builder)
    {
        var hasOtlp = !string.IsNullOrEmpty(builder.Configuration[OtlpEndpoint]);
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("conveyor", autoGenerateServiceInstanceId: true));
        telemetry.WithMetrics(metrics =>
        {
            metrics
                .AddMeter(Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")
                .AddView(i =>
                    i.Meter.Name == Name ? new MetricStreamConfiguration { CardinalityLimit = MaxSeries } : null
                )
                .AddPrometheusExporter(o => o.ScrapeResponseCacheDurationMilliseconds = 0);
            if (hasOtlp)
                metrics.AddOtlpExporter();
        });
        if (!hasOtlp)
            return;
        // By default ASP.NET Core leaves method, route and status out of its spans.
        if (!AppContext.TryGetSwitch(WithoutTags, out _))
            AppContext.SetSwitch(WithoutTags, false);
        telemetry.WithTracing(tracing => tracing.AddSource(Name).AddSource("Microsoft.AspNetCore").AddOtlpExporter());
    }

    public static IEndpointConventionBuilder Map(WebApplication application) =>
        application.MapPrometheusScrapingEndpoint(Path);
}
