using Akka.Event;
using Akka.Persistence;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Persistence.Format;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// Keeps a pipeline's journal about as large as its pending records. Once the events since the last snapshot outweigh
/// the pipeline's image, the image is saved, and the events that it replaces are deleted. Writing continues meanwhile.
/// </summary>
/// <remarks>Used by one actor, on its thread.</remarks>
sealed class Compaction
{
    readonly PipelineJournal journal;
    readonly ILoggingAdapter log;
    readonly PipelineModel model;
    readonly JournalCounts counts;
    readonly JournalSettings settings;
    readonly TimeProvider clock;
    readonly IActorContext context;
    readonly TimeSpan deleteAfter;
    readonly long began;
    long bytes,
        bytesAtCapture,
        notBefore;
    bool isSaving,
        isDeleting;
    long deleteUpTo;

    /// <param name="journal">The actor that writes the events.</param>
    /// <param name="context">The actor's context.</param>
    /// <param name="model">The model to save.</param>
    /// <param name="counts">The counts of what is saved.</param>
    /// <param name="settings">The settings, which say when to save the model.</param>
    /// <param name="clock">The clock that the time since the claim is measured by.</param>
    /// <param name="bytes">The bytes of events since the last snapshot.</param>
    /// <param name="deleteAfter">The time from now on during which nothing is deleted.</param>
    public Compaction(
        PipelineJournal journal,
        IActorContext context,
        PipelineModel model,
        JournalCounts counts,
        JournalSettings settings,
        TimeProvider clock,
        long bytes,
        TimeSpan deleteAfter
    )
    {
        (this.journal, this.context, this.model, this.counts, this.settings, this.clock) = (
            journal,
            context,
            model,
            counts,
            settings,
            clock
        );
        (this.bytes, this.deleteAfter, log, began) = (bytes, deleteAfter, context.GetLogger(), clock.GetTimestamp());
    }

    /// <summary>Sent when an image is ready to be saved.</summary>
    sealed record ImageReady(long SequenceNr, byte[] Image) : INoSerializationVerificationNeeded;

    /// <summary>Sent by a timer when deletions are allowed.</summary>
    sealed record MayDelete : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static MayDelete Instance { get; } = new();
    }

    /// <summary>Counts an event.</summary>
    public void RecordEvent(int eventBytes) => bytes += eventBytes;

    /// <summary>Starts a snapshot if enough was written since the last one.</summary>
    public void CompactIfDue(long sequenceNr)
    {
        if (isSaving || bytes < notBefore || bytes <= model.LiveBytes + settings.SnapshotAfter)
            return;
        (isSaving, bytesAtCapture) = (true, bytes);
        var capture = model.Capture();
        Task.Run(() => new ImageReady(sequenceNr, ImageCodec.Write(capture))).PipeTo(context.Self);
    }

    /// <summary>Handles the messages about snapshots and deletions.</summary>
    /// <returns>False for any other message.</returns>
    public bool Handle(object message)
    {
        switch (message)
        {
            case ImageReady ready:
                Save(ready);
                return true;
            case SaveSnapshotSuccess saved:
                isSaving = false;
                counts.AddSnapshot();
                bytes -= bytesAtCapture;
                notBefore = 0;
                deleteUpTo = saved.Metadata.SequenceNr;
                DeleteWhenSafe();
                return true;
            case SaveSnapshotFailure failed:
                isSaving = false;
                notBefore = bytes + settings.SnapshotAfter;
                LogNotSaved(failed.Cause);
                return true;
            case MayDelete:
                DeleteWhenSafe();
                return true;
            case DeleteMessagesSuccess:
                isDeleting = false;
                return true;
            case DeleteMessagesFailure failed:
                isDeleting = false;
                LogEventsNotDeleted(failed.Cause);
                return true;
            case DeleteSnapshotsSuccess:
                return true;
            case DeleteSnapshotsFailure failed:
                LogSnapshotsNotDeleted(failed.Cause);
                return true;
            default:
                return false;
        }
    }

    void Save(ImageReady ready)
    {
        // Not SaveSnapshot of the base class, which would label the image with the number of an event that is not in
        // it.
        var metadata = new SnapshotMetadata(
            journal.PersistenceId,
            ready.SequenceNr,
            TimeProvider.System.GetUtcNow().UtcDateTime
        );
        journal.SnapshotStore.Tell(new SaveSnapshot(metadata, new PipelineSnapshotBytes(ready.Image)), context.Self);
    }

    void LogNotSaved(Exception cause) =>
        log.Warning(
            "[{EventName}] {PersistenceId}: a snapshot was not saved: {Reason}. The journal grows until one is.",
            JournalEvents.SnapshotNotSaved,
            journal.PersistenceId,
            Reasons.Describe(cause)
        );

    void LogEventsNotDeleted(Exception cause) =>
        log.Warning(
            "[{EventName}] {PersistenceId}: old events were not deleted: {Reason}. It is tried again after the next snapshot.",
            JournalEvents.EventsNotDeleted,
            journal.PersistenceId,
            Reasons.Describe(cause)
        );

    void LogSnapshotsNotDeleted(Exception cause) =>
        log.Warning(
            "[{EventName}] {PersistenceId}: old snapshots were not deleted: {Reason}. It is tried again after the next one.",
            JournalEvents.EventsNotDeleted,
            journal.PersistenceId,
            Reasons.Describe(cause)
        );

    void DeleteWhenSafe()
    {
        if (isDeleting || deleteUpTo == 0)
            return;
        var left = deleteAfter - clock.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
        {
            context.System.Scheduler.ScheduleTellOnce(
                left + TimeSpan.FromMilliseconds(10),
                context.Self,
                MayDelete.Instance,
                ActorRefs.NoSender
            );
            return;
        }
        isDeleting = true;
        journal.DeleteMessages(deleteUpTo);
        journal.DeleteSnapshots(new SnapshotSelectionCriteria(deleteUpTo - 1));
        deleteUpTo = 0;
    }
}
