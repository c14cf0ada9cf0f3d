namespace ConveyorActors.Streams;

/// <summary>
/// Puts a step off while there is more to gather for it: until the stage's mailbox has come round without anything new.
/// </summary>
/// <remarks>
/// What a busy stream brings comes in long batches, and the last piece waits no longer than its stage takes to look at
/// its mailbox once. Any thread may say that something has been gathered; the step is run by the inbox.
/// </remarks>
/// <param name="inbox">The stage's.</param>
/// <param name="gathered">How much there is by now.</param>
/// <param name="step">What to do with it; does nothing when there is nothing left.</param>
sealed class DeferredStep(StageInbox inbox, Func<int> gathered, Action step)
{
    Action? look;
    int isPosted;
    int seen;

    /// <summary>Something more has been gathered: the step comes soon.</summary>
    public void Add()
    {
        if (Volatile.Read(ref isPosted) != 0 || Interlocked.Exchange(ref isPosted, 1) != 0)
            return;
        seen = gathered();
        inbox.Post(look ??= Look);
    }

    void Look()
    {
        var isMore = gathered() > seen;
        Volatile.Write(ref isPosted, 0);
        if (isMore && !inbox.IsOver)
            Add();
        else
            step();
    }
}
