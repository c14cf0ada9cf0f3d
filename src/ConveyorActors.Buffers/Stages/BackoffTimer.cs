namespace ConveyorActors.Buffers.Stages;

/// <summary>The queues that wait out a backoff, because records of theirs were returned.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class BackoffTimer<T>(ServingRound<T> round)
{
    readonly PriorityQueue<SourceQueue<T>, long> sleepers = new();

    /// <summary>Gets when the first backoff ends; <see cref="long.MaxValue"/>: no queue waits one out.</summary>
    public long NextDue => sleepers.TryPeek(out _, out var wakes) ? wakes : long.MaxValue;

    /// <summary>Lets a queue wait until a time, unless it waits longer already.</summary>
    public void Sleep(SourceQueue<T> queue, long until, long now)
    {
        if (until <= now || until <= queue.SleepsUntil)
            return;
        queue.SleepsUntil = until;
        sleepers.Enqueue(queue, until);
    }

    /// <summary>Ends the backoffs that are over.</summary>
    public void Wake(long now)
    {
        while (sleepers.TryPeek(out var queue, out var until) && until <= now)
        {
            sleepers.Dequeue();
            if (queue.SleepsUntil != until)
                continue; // it was sent to sleep again, for longer
            queue.SleepsUntil = 0;
            round.Rejoin(queue);
        }
    }
}
