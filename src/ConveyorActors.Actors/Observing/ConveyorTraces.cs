using System.Diagnostics;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Observing;

/// <summary>Traces the calls of the buffer service over actors: activity source <c>ConveyorActors</c>.</summary>
/// <remarks>Without a listener, the only cost of a call is the check for a listener.</remarks>
static class ConveyorTraces
{
    static readonly ActivitySource Source = new("ConveyorActors");

    /// <summary>Returns whether there is a listener.</summary>
    public static bool AreWanted => Source.HasListeners();

    /// <summary>
    /// Starts the span of an offer, a lease, a settlement or a hop. Null: there is no listener, or the command is none
    /// of these.
    /// </summary>
    public static Activity? Begin(IConveyorMessage command)
    {
        var (name, kind) = command switch
        {
            BufferForStage or BufferBatchForStage => ("conveyor.offer", ActivityKind.Producer),
            GetBatch => ("conveyor.lease", ActivityKind.Consumer),
            Complete or ReturnToBuffer or DeadLetterRecords or Abandon => ("conveyor.settle", ActivityKind.Client),
            Hop => ("conveyor.hop", ActivityKind.Producer),
            _ => ((string?)null, ActivityKind.Internal),
        };
        if (name is null || command is not IStageCommand stage || Source.StartActivity(name, kind) is not { } span)
            return null;
        span.SetTag("conveyor.command", command.GetType().Name)
            .SetTag("conveyor.pipeline", stage.Pipeline)
            .SetTag("conveyor.stage", stage.Stage);
        switch (command)
        {
            case BufferForStage m:
                span.SetTag("conveyor.source", m.Source).SetTag("conveyor.records", 1);
                break;
            case BufferBatchForStage m:
                span.SetTag("conveyor.source", m.Source).SetTag("conveyor.records", m.Records.Length);
                break;
            case Complete m:
                span.SetTag("conveyor.lease", m.Lease);
                break;
            case ReturnToBuffer m:
                span.SetTag("conveyor.lease", m.Lease);
                break;
            case DeadLetterRecords m:
                span.SetTag("conveyor.lease", m.Lease);
                break;
            case Hop m:
                span.SetTag("conveyor.lease", m.Lease)
                    .SetTag("conveyor.target_stage", m.TargetStage)
                    .SetTag("conveyor.records", m.Results.Length);
                break;
        }
        return span;
    }

    /// <summary>Sets the span's tags from the reply to a call.</summary>
    public static void End(this Activity span, IConveyorReply reply)
    {
        switch (reply)
        {
            case Offered m:
                span.SetTag("conveyor.status", m.Result.Status.ToString())
                    .SetTag("conveyor.accepted", m.Result.Accepted);
                break;
            case Leased m:
                span.SetTag("conveyor.lease", m.Batch.Id).SetTag("conveyor.records", m.Batch.Count);
                break;
            case Settled m:
                span.SetTag("conveyor.status", m.Result.Status.ToString()).SetTag("conveyor.settled", m.Result.Settled);
                break;
        }
    }

    /// <summary>
    /// Sets the span's status and tags for a call that failed. A call that its caller cancelled is not marked as
    /// failed.
    /// </summary>
    public static void Fail(this Activity span, Exception failure)
    {
        if (failure is OperationCanceledException)
            span.SetTag("conveyor.status", "Cancelled");
        else
            span.SetStatus(ActivityStatusCode.Error, ExceptionMessage.Read(failure))
                .SetTag("error.type", failure.GetType().FullName);
    }
}
