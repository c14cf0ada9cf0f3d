namespace ConveyorActors.Streams;

/// <summary>
/// Brings what happens elsewhere (answers, settles) back into a stage; what comes after the stage's end is run where it
/// comes from.
/// </summary>
/// <remarks>
/// Steps run one at a time and none is ever lost: inside the stage while it lives, on the thread that posts them once
/// it is over. Thus what an answer carries (credits, a lease) has an owner at every moment, and state that only steps
/// and the stage touch needs no lock.
/// </remarks>
/// <param name="announce">Has the stage run an action soon; may forget it once the stage has ended.</param>
sealed class StageInbox(Action<Action> announce)
{
    readonly Lock gate = new();
    readonly Queue<Action> steps = new();
    Action? run;
    bool isTaken; // somebody has undertaken to run what waits
    bool isOver;

    /// <summary>True once the stage has ended. Read by steps and by the stage.</summary>
    public bool IsOver => isOver;

    /// <summary>Runs a step soon. Any thread.</summary>
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
    /// Makes a call and runs a step with its answer: at once when the answer is there already, otherwise when it comes.
    /// </summary>
    /// <remarks>Called by the stage and by steps only.</remarks>
    public void Await<T>(Func<ValueTask<T>> call, Action<T> answered, Action<Exception> failed)
    {
        ValueTask<T> answering;
        try
        {
            answering = call();
        }
        catch (Exception e)
        {
            failed(e);
            return;
        }
        if (answering.IsCompletedSuccessfully)
            answered(answering.Result);
        else
            _ = AwaitSlowly(answering, answered, failed);
    }

    async Task AwaitSlowly<T>(ValueTask<T> answering, Action<T> answered, Action<Exception> failed)
    {
        Action step;
        try
        {
            var answer = await answering.ConfigureAwait(false);
            step = () => answered(answer);
        }
        catch (Exception e)
        {
            step = () => failed(e);
        }
        Post(step);
    }

    /// <summary>
    /// The stage has ended. Runs what its end left unannounced, and then its last step. Called once, by the stage.
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
    /// In the stage, a step that a step posts comes in the next round: what other stages have to say goes first.
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
