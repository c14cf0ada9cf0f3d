using System.Collections.Frozen;
using System.Diagnostics;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http;

/// <summary>
/// Creates spans of offers and leases, named by OpenTelemetry's messaging conventions. A record's <c>traceparent</c>
/// header links its lease to the trace it came from.
/// </summary>
static class Tracing
{
    public const string Parent = TraceLinks.Parent;

    static readonly ActivitySource Source = new("ConveyorActors");

    public static Activity? Send(string pipeline, string stage) =>
        Start("send", ActivityKind.Producer, pipeline, stage, null);

    /// <summary>Starts the span of a lease, linked to the traces of its first records.</summary>
    public static Activity? Receive(string pipeline, string stage, LeasedBatch batch) =>
        Source.HasListeners() ? Start("receive", ActivityKind.Client, pipeline, stage, TraceLinks.Create(batch)) : null;

    /// <summary>Marks the span of an offer that ended with a problem.</summary>
    public static void Fail(Activity? span, HttpProblem problem) =>
        span?.SetStatus(ActivityStatusCode.Error, problem.Message).SetTag("error.type", problem.Kind);

    public static void SetRecordCount(Activity? span, int records) =>
        span?.SetTag("messaging.batch.message_count", records);

    /// <summary>Returns the headers that a request passes on to its records; null: none.</summary>
    public static FrozenDictionary<string, string>? CreateHeaders(HttpContext context) =>
        context.Request.Headers[Parent].ToString() is { Length: > 0 } parent
        && ActivityContext.TryParse(parent, null, out _)
            ? FrozenDictionary.Create<string, string>(StringComparer.Ordinal, [new(Parent, parent)])
            : null;

    static Activity? Start(
        string operation,
        ActivityKind kind,
        string pipeline,
        string stage,
        IEnumerable<ActivityLink>? links
    )
    {
        if (!Source.HasListeners())
            return null;
        // The same stage of two pipelines is two destinations.
        var destination = $"{pipeline}/{stage}";
        var span = Source.StartActivity(kind, name: $"{operation} {destination}", links: links);
        return span
            ?.SetTag("messaging.system", "conveyor")
            .SetTag("messaging.operation.type", operation)
            .SetTag("messaging.operation.name", operation)
            .SetTag("messaging.destination.name", destination)
            .SetTag("conveyor.pipeline", pipeline)
            .SetTag("conveyor.stage", stage);
    }
}
