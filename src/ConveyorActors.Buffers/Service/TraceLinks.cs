using System.Diagnostics;

namespace ConveyorActors.Buffers.Service;

/// <summary>Links the span of a lease to the traces that its records came from.</summary>
static class TraceLinks
{
    /// <summary>The header of a record that contains its trace (W3C Trace Context).</summary>
    public const string Parent = "traceparent";

    const int MaxLinks = 128;

    /// <summary>
    /// Returns a link for each of the first records that have a valid <c>traceparent</c> header, at most 128.
    /// </summary>
    public static IReadOnlyList<ActivityLink> Create(LeasedBatch batch)
    {
        var links = new List<ActivityLink>();
        foreach (var record in batch.GetBareRecords().Span)
        {
            if (links.Count == MaxLinks)
                break;
            if (
                record.Headers.TryGetValue(Parent, out var parent)
                && ActivityContext.TryParse(parent, null, isRemote: true, out var context)
            )
                links.Add(new(context));
        }
        return links;
    }
}
