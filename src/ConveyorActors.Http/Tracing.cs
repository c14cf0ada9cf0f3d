using System.Collections.Frozen;
using System.Diagnostics;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http;

/// <summary>
/// Creates spans of offers and leases, named by OpenTelemetry's messaging conventions. A record's <c>traceparent</c>
/// header links its lease to the trace it came from.
/// </summary>
static class Tracing
{
    public const string Parent = "traceparent";

    const int MaxLinks = 128;

    static readonly ActivitySource Source = new("ConveyorActors");

    public static Activity? Send(string pipeline, string stage) =>
        Start("send", ActivityKind.Producer, pipeline, stage, null);

    /// <summary>Starts the span of a lease, linked to the traces of its first records.</summary>
    public static Activity? Receive(string pipeline, string stage, LeasedBatch batch)
    {
        if (!Source.HasListeners())
            return null;
        var links = new List<ActivityLink>();
        foreach (var record in batch.Records)
        {
            if (links.Count == MaxLinks)
                break;
            if (
                record.Record.Headers.TryGetValue(Parent, out var parent)
                && ActivityContext.TryParse(parent, null, isRemote: true, out var context)
            )
                links.Add(new(context));
        }
        return Start("receive", ActivityKind.Consumer, pipeline, stage, links);
    }

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
        var span = Source.StartActivity(kind, name: $"{operation} {stage}", links: links);
        return span
            ?.SetTag("messaging.system", "conveyor")
            .SetTag("messaging.operation.type", operation)
            .SetTag("messaging.operation.name", operation)
            .SetTag("messaging.destination.name", stage)
            .SetTag("conveyor.pipeline", pipeline);
    }
}
