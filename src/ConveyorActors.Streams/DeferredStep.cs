namespace ConveyorActors.Streams;

/// <summary>
/// Defers a step while more is gathered for it, until one round of the stage's mailbox has brought nothing new.
/// </summary>
/// <remarks>
/// So a busy stream works in long batches, and the last piece waits no longer than one round of the stage's mailbox.
/// Any thread may report that something was gathered; the inbox runs the step.
/// </remarks>
/// <param name="inbox">The stage's inbox.</param>
/// <param name="gathered">Returns the number of gathered pieces.</param>
/// <param name="step">Processes the gathered pieces; does nothing if there are none.</param>
sealed class DeferredStep(StageInbox inbox, Func<int> gathered, Action step)
{
    Action? check;
    int isPosted;
    int seen;

    /// <summary>Reports that a further piece was gathered, and schedules the step.</summary>
    public void Add()
    {
        if (Volatile.Read(ref isPosted) != 0 || Interlocked.Exchange(ref isPosted, 1) != 0)
            return;
        seen = gathered();
        inbox.Post(check ??= Check);
    }

    void Check()
    {
        var isMore = gathered() > seen;
        Volatile.Write(ref isPosted, 0);
        if (isMore && !inbox.IsOver)
            Add();
        else
            step();
    }
}
