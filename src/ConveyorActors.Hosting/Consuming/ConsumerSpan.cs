using System.Diagnostics;

namespace ConveyorActors.Hosting.Consuming;

/// <summary>
/// The span <c>conveyor.handle</c> of one lease that a consumer handles, with links to the traces of its records. Does
/// nothing without a listener.
/// </summary>
sealed class ConsumerSpan : IDisposable
{
    static readonly ActivitySource Source = new("ConveyorActors");

    readonly Activity? span;
    int failed;

    ConsumerSpan(Activity? span) => this.span = span;

    /// <summary>Starts the span of a lease. A listener that throws has no span, and changes nothing else.</summary>
    public static ConsumerSpan Start(ConsumerParts parts, LeasedBatch batch)
    {
        try
        {
            var span = Source.HasListeners()
                ? Source.StartActivity(ActivityKind.Consumer, name: "conveyor.handle", links: TraceLinks.Create(batch))
                : null;
            span?.SetTag("conveyor.pipeline", parts.Pipeline)
                .SetTag("conveyor.stage", parts.Stage)
                .SetTag("conveyor.lease", batch.Id)
                .SetTag("conveyor.records", batch.Count);
            return new(span);
        }
        catch (Exception)
        {
            return new(null);
        }
    }

    /// <summary>
    /// Records that handling a record, or the lease, has failed. The span has the message and the type of the first
    /// failure, and the number of all.
    /// </summary>
    public void Fail(Exception failure)
    {
        if (span is null)
            return;
        if (failed++ == 0)
            span.SetStatus(ActivityStatusCode.Error, ExceptionMessage.Read(failure))
                .SetTag("error.type", failure.GetType().FullName);
        span.SetTag("conveyor.failed", failed);
    }

    /// <summary>Ends the span. A listener that throws changes nothing else.</summary>
    public void Dispose()
    {
        try
        {
            span?.Dispose();
        }
        catch (Exception)
        {
            // The outcome of records does not depend on who watches it.
        }
    }
}
