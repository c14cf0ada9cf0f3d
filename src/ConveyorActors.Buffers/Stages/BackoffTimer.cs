namespace ConveyorActors.Buffers.Stages;

/// <summary>Tracks the queues whose backoff has not ended since records of theirs were returned.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class BackoffTimer<T>(ServingRound<T> round)
{
    readonly PriorityQueue<SourceQueue<T>, long> sleepers = new();

    /// <summary>Gets when the first backoff ends; <see cref="long.MaxValue"/>: there is none.</summary>
    public long NextDue => sleepers.TryPeek(out _, out var wakes) ? wakes : long.MaxValue;

    /// <summary>Starts a backoff of a queue until a time, unless its present backoff lasts longer.</summary>
    public void Sleep(SourceQueue<T> queue, long until, long now)
    {
        if (until <= now || until <= queue.SleepsUntil)
            return;
        queue.SleepsUntil = until;
        sleepers.Enqueue(queue, until);
    }

    /// <summary>Ends the backoffs whose time has passed.</summary>
    public void Wake(long now)
    {
        while (sleepers.TryPeek(out var queue, out var until) && until <= now)
        {
            sleepers.Dequeue();
            if (queue.SleepsUntil != until)
                continue; // a later backoff was started, for longer
            queue.SleepsUntil = 0;
            round.Rejoin(queue);
        }
    }
}
