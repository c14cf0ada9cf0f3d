using Akka.Event;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>Logs what happens to one pipeline's journal; <see cref="JournalEvents"/> names the events.</summary>
sealed class JournalLog(ILoggingAdapter log, string persistenceId)
{
    public void LogOpened(JournalStore store, PipelineModel model) =>
        log.Info(
            "[{EventName}] Pipeline '{Pipeline}' is open after {Elapsed}, in epoch {Epoch}, with {Bytes} bytes pending.",
            JournalEvents.PipelineOpened,
            store.Pipeline,
            store.Age,
            model.Claim!.Epoch,
            model.LiveBytes
        );

    public void LogRecovered(JournalStore store) =>
        log.Info(
            "[{EventName}] The journal of pipeline '{Pipeline}' works again; offers are accepted.",
            JournalEvents.JournalRecovered,
            store.Pipeline
        );

    public void LogTakenOver(string reason) =>
        log.Warning(
            "[{EventName}] {PersistenceId}: {Reason}. Offers not written by then are refused here.",
            JournalEvents.PipelineTakenOver,
            persistenceId,
            reason
        );

    public void LogNotWritten(long sequenceNr, Exception cause) =>
        log.Warning(
            "[{EventName}] {PersistenceId}: an event was not written (sequence number {SequenceNr}): {Reason}. The journal is read again.",
            JournalEvents.EventNotWritten,
            persistenceId,
            sequenceNr,
            Reasons.Describe(cause)
        );

    public void LogNotRead(Exception cause) =>
        log.Info(
            "[{EventName}] {PersistenceId}: the journal could not be read: {Reason}. It is tried again.",
            JournalEvents.JournalNotRead,
            persistenceId,
            Reasons.Describe(cause).TrimEnd('.')
        );
}
