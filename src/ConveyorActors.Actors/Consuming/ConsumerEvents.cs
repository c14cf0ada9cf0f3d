using Akka.Event;
using ConveyorActors.Actors.Observing;

namespace ConveyorActors.Actors.Consuming;

/// <summary>Writes the log entries of a consumer. docs/Akka.md lists the events.</summary>
static class ConsumerEvents
{
    public static void LogHandlerFailed(
        ILoggingAdapter log,
        BufferedRecord<ConveyorRecord> record,
        Exception failure
    ) =>
        log.Warning(
            failure,
            "[{EventName}] Record '{RecordId}' (retry {RetryCount}) of stage '{Stage}' in pipeline '{Pipeline}' failed and is returned with a retry charged: {Error}",
            ConveyorEvents.RecordFailed,
            ShortText.Create(record.Record.Id),
            record.RetryCount,
            record.TargetStageId,
            record.PipelineId,
            ExceptionMessage.Read(failure)
        );

    public static void LogBatchFailed(
        ILoggingAdapter log,
        BufferConsumerSettings settings,
        LeasedBatch batch,
        Exception failure
    ) =>
        log.Warning(
            failure,
            "[{EventName}] The handler of lease {Lease} ({Records} records) of stage '{Stage}' in pipeline '{Pipeline}' failed; its records come again in smaller leases: {Error}",
            ConveyorEvents.LeaseAbandoned,
            batch.Id,
            batch.Count,
            settings.Stage,
            settings.Pipeline,
            ExceptionMessage.Read(failure)
        );

    public static void LogNotSettled(ILoggingAdapter log, BufferConsumerSettings settings, long lease, string why) =>
        log.Warning(
            "[{EventName}] Lease {Lease} of stage '{Stage}' in pipeline '{Pipeline}' could not be settled, so its records come again: {Reason}",
            ConveyorEvents.LeaseNotSettled,
            lease,
            settings.Stage,
            settings.Pipeline,
            why
        );

    public static void LogNotLeased(
        ILoggingAdapter log,
        BufferConsumerSettings settings,
        Exception failure,
        TimeSpan delay
    ) =>
        log.Warning(
            "[{EventName}] Stage '{Stage}' in pipeline '{Pipeline}' could not be leased from; it is asked again in {Delay}: {Error}",
            ConveyorEvents.LeaseFailed,
            settings.Stage,
            settings.Pipeline,
            delay,
            ExceptionMessage.Read(failure)
        );

    public static void LogEnded(ILoggingAdapter log, BufferConsumerSettings settings, string why) =>
        log.Info(
            "[{EventName}] The consumer of stage '{Stage}' in pipeline '{Pipeline}' has ended: {Reason}",
            ConveyorEvents.ConsumerEnded,
            settings.Stage,
            settings.Pipeline,
            why
        );
}
