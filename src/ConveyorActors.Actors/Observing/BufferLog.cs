using Akka.Event;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Observing;

/// <summary>Writes the log entries of the buffers' actors, with named values.</summary>
static class BufferLog
{
    public static void LogConsumerDied(
        ILoggingAdapter log,
        IActorRef consumer,
        int leases,
        string stage,
        string pipeline
    ) =>
        log.Warning(
            "[{EventName}] Consumer {Consumer} died; its {Leases} leases of stage '{Stage}' in pipeline '{Pipeline}' go back at once.",
            ConveyorEvents.ConsumerDied,
            consumer.Path,
            leases,
            stage,
            pipeline
        );

    public static void LogLeaseExpired(
        ILoggingAdapter log,
        long lease,
        IActorRef consumer,
        int records,
        string stage,
        string pipeline
    ) =>
        log.Warning(
            "[{EventName}] Lease {Lease} of {Consumer} passed its deadline with {Records} records of stage '{Stage}' in pipeline '{Pipeline}' unsettled; they are leased again.",
            ConveyorEvents.LeaseExpired,
            lease,
            consumer.Path,
            records,
            stage,
            pipeline
        );

    public static void LogActorRestarted(ILoggingAdapter log, IActorRef actor, object? message, Exception failure) =>
        log.Warning(
            "[{EventName}] {Actor} failed on {Message} and continues where it stopped: {Error}",
            ConveyorEvents.ActorRestarted,
            actor.Path,
            message?.GetType().Name ?? "no message",
            ExceptionMessage.Read(failure)
        );

    public static void LogBufferActorFull(ILoggingAdapter log, int core, int capacity, long refused) =>
        log.Warning(
            "[{EventName}] Buffer actor {Core} is full (capacity {Capacity}): {Records} records were refused since it was last logged.",
            ConveyorEvents.BufferActorFull,
            core,
            capacity,
            refused
        );

    public static void LogBufferActorHeld(
        ILoggingAdapter log,
        int core,
        int records,
        BufferTarget target,
        string why
    ) =>
        log.Warning(
            "[{EventName}] Buffer actor {Core} keeps {Records} records that stage '{Stage}' in pipeline '{Pipeline}' does not accept ({Reason}); they are offered again.",
            ConveyorEvents.BufferActorHeld,
            core,
            records,
            target.Stage,
            target.Pipeline,
            why
        );

    public static void LogBufferActorLost(ILoggingAdapter log, int core, long records, string why) =>
        log.Warning(
            "[{EventName}] Buffer actor {Core} lost {Records} records whose senders expect no reply since the last such message; the last one: {Reason}",
            ConveyorEvents.BufferActorLost,
            core,
            records,
            why
        );

    public static void LogOfferFailed(ILoggingAdapter log, BufferTarget target, TimeSpan delay, Exception failure) =>
        log.Warning(
            "[{EventName}] Source '{Source}' could not offer to stage '{Stage}' in pipeline '{Pipeline}', nor ask for room; it tries again every {Delay}: {Error}",
            ConveyorEvents.OfferFailed,
            target.Source,
            target.Stage,
            target.Pipeline,
            delay,
            ExceptionMessage.Read(failure)
        );

    public static void LogMessageRefused(ILoggingAdapter log, long messages, string why) =>
        log.Warning(
            "[{EventName}] {Messages} messages from other programs were refused since it was last logged; the last of them: {Reason}",
            ConveyorEvents.MessageRefused,
            messages,
            why
        );

    public static void StopSlow(ILoggingAdapter log, TimeSpan elapsed, TimeSpan deadline, int coreRecords) =>
        log.Warning(
            "[{EventName}] The buffers have been stopping for {Elapsed} (deadline {Deadline}); {BufferActorRecords} records are in buffer actors, consumers may still finish.",
            ConveyorEvents.StopSlow,
            elapsed,
            deadline,
            coreRecords
        );

    public static void LogStopped(
        ILoggingAdapter log,
        ConveyorStopReport report,
        TimeSpan deadline,
        TimeSpan configured
    )
    {
        if (report.Remaining == 0)
            log.Info("The buffers are stopped: {Report} [{EventName}]", report, ConveyorEvents.Stopped);
        else
        {
            log.Warning(
                "The buffers are stopped, and not empty: {Report} (records that remain: {Records}, in buffer actors: {BufferActorRecords}; deadline: {Deadline}, conveyor.stop-deadline: {StopDeadline}) [{EventName}]",
                report,
                report.Remaining,
                report.BufferActorRemaining,
                deadline,
                configured,
                ConveyorEvents.StopCutShort
            );
        }
    }
}
