namespace ConveyorActors.Persistence;

/// <summary>The names of the journal's events in the log: the value of <c>EventName</c> in each entry.</summary>
public static class JournalEvents
{
    /// <summary>A pipeline is open: its claim is written, and its records are loaded. Info.</summary>
    public const string PipelineOpened = nameof(PipelineOpened);

    /// <summary>
    /// Another process has claimed the pipeline; this process refuses changes that it has not written. Warning.
    /// </summary>
    public const string PipelineTakenOver = nameof(PipelineTakenOver);

    /// <summary>A pipeline could not be started over its records. Error.</summary>
    public const string PipelineNotStarted = nameof(PipelineNotStarted);

    /// <summary>The journal did not write an event; it is read again. Warning.</summary>
    public const string EventNotWritten = nameof(EventNotWritten);

    /// <summary>
    /// The journal could not be read; it is tried again. Info: <see cref="JournalFailing"/> reports the consequence.
    /// </summary>
    public const string JournalNotRead = nameof(JournalNotRead);

    /// <summary>
    /// A pipeline refuses offers because its journal fails. Warning, at most once a minute for the same reason.
    /// </summary>
    public const string JournalFailing = nameof(JournalFailing);

    /// <summary>The journal writes again after a failure; offers are accepted. Info.</summary>
    public const string JournalRecovered = nameof(JournalRecovered);

    /// <summary>A snapshot was not saved; the journal grows until one is. Warning.</summary>
    public const string SnapshotNotSaved = nameof(SnapshotNotSaved);

    /// <summary>Old events or snapshots were not deleted; it is tried again after the next snapshot. Warning.</summary>
    public const string EventsNotDeleted = nameof(EventsNotDeleted);
}
