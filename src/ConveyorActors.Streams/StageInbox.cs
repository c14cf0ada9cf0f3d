namespace ConveyorActors.Streams;

/// <summary>
/// Brings results and settlements from elsewhere into a stream stage. After the stage's end, they are processed on the
/// thread that brings them.
/// </summary>
/// <remarks>
/// Steps run one at a time and none is ever lost: inside the stage while it lives, and after its end on the thread that
/// posts them. So a result that grants something (credits, a lease) has an owner at every moment, and state that only
/// steps and the stage use needs no lock.
/// </remarks>
/// <param name="announce">Makes the stage run an action soon; may drop the action once the stage has ended.</param>
sealed class StageInbox(Action<Action> announce)
{
    readonly Lock gate = new();
    readonly Queue<Action> steps = new();
    Action? run;
    bool isTaken; // a run of the queued steps is scheduled or under way
    bool isOver;

    /// <summary>Gets whether the stage has ended. Read by steps and by the stage.</summary>
    public bool IsOver => isOver;

    /// <summary>Runs a step soon. May be called by any thread.</summary>
    public void Post(Action step)
    {
        bool runsHere;
        lock (gate)
        {
            steps.Enqueue(step);
            if (isTaken)
                return;
            isTaken = true;
            runsHere = isOver;
        }
        if (runsHere)
            Run();
        else
            announce(run ??= Run);
    }

    /// <summary>
    /// Makes a call and runs a step with its result: at once if the result is available, otherwise when it comes.
    /// </summary>
    /// <remarks>Called by the stage and by steps only.</remarks>
    public void Await<T>(Func<ValueTask<T>> call, Action<T> succeeded, Action<Exception> failed)
    {
        ValueTask<T> pending;
        try
        {
            pending = call();
        }
        catch (Exception e)
        {
            failed(e);
            return;
        }
        if (pending.IsCompletedSuccessfully)
            succeeded(pending.Result);
        else
            _ = AwaitSlowly(pending, succeeded, failed);
    }

    async Task AwaitSlowly<T>(ValueTask<T> pending, Action<T> succeeded, Action<Exception> failed)
    {
        Action step;
        try
        {
            var result = await pending.ConfigureAwait(false);
            step = () => succeeded(result);
        }
        catch (Exception e)
        {
            step = () => failed(e);
        }
        Post(step);
    }

    /// <summary>
    /// Ends the inbox with its stage. Runs the steps that were queued, and then the last step. Called once, by the
    /// stage.
    /// </summary>
    public void Close(Action lastStep)
    {
        lock (gate)
        {
            steps.Enqueue(lastStep);
            isOver = isTaken = true;
        }
        Run();
    }

    /// <summary>
    /// Runs the queued steps. Inside the stage, a step that a step posts runs in the next round, so that messages of
    /// other stages come first.
    /// </summary>
    void Run()
    {
        int left;
        lock (gate)
            left = steps.Count;
        while (left > 0)
        {
            Action step;
            lock (gate)
                step = steps.Dequeue();
            step();
            if (--left > 0)
                continue;
            lock (gate)
            {
                isTaken = steps.Count > 0;
                if (!isTaken)
                    return;
                if (isOver)
                    left = steps.Count;
            }
            if (left == 0)
                announce(run!);
        }
    }
}
