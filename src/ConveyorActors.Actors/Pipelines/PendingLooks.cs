namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The pipelines that were placed here and that the journal is still asked about, by number, and who waits for that. A list of the pipelines here is complete when
/// every look that began before the question has ended.
/// </summary>
/// <remarks>Not safe for use by several threads: it belongs to one actor.</remarks>
sealed class PendingLooks
{
    readonly SortedSet<long> looks = [];
    readonly Queue<(IActorRef Asker, object Question, long Last)> waiting = new();
    long last;

    /// <summary>Begins a look and returns its number.</summary>
    public long Begin()
    {
        looks.Add(++last);
        return last;
    }

    /// <summary>Ends a look.</summary>
    public void End(long look) => looks.Remove(look);

    /// <summary>Has someone wait for the looks that are under way.</summary>
    public void Await(IActorRef asker, object question) => waiting.Enqueue((asker, question, last));

    /// <summary>Returns the next one whose looks have ended.</summary>
    public bool TryTake(out IActorRef asker, out object question)
    {
        (asker, question) = (ActorRefs.Nobody, "");
        if (!waiting.TryPeek(out var next) || looks.Count > 0 && looks.Min <= next.Last) return false;
        waiting.Dequeue();
        (asker, question) = (next.Asker, next.Question);
        return true;
    }
}
