namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The reads of the journal that are under way, by number, and the questions that wait for them. A pipeline that was
/// placed here is looked up in the journal before it is listed as existing; a list of pipelines is complete once every
/// read that began before the question has ended.
/// </summary>
/// <remarks>Not safe for use by several threads: it belongs to one actor.</remarks>
sealed class PendingReads
{
    readonly SortedSet<long> looks = [];
    readonly Queue<(IActorRef Asker, object Question, long Last)> waiting = new();
    long last;

    /// <summary>Registers a read that begins, and returns its number.</summary>
    public long Begin()
    {
        looks.Add(++last);
        return last;
    }

    /// <summary>Registers the end of a read.</summary>
    public void End(long look) => looks.Remove(look);

    /// <summary>Queues a question until the reads that are under way have ended.</summary>
    public void Await(IActorRef asker, object question) => waiting.Enqueue((asker, question, last));

    /// <summary>Takes the next question whose reads have ended. Returns false if there is none.</summary>
    public bool TryTake(out IActorRef asker, out object question)
    {
        (asker, question) = (ActorRefs.Nobody, "");
        if (!waiting.TryPeek(out var next) || looks.Count > 0 && looks.Min <= next.Last)
            return false;
        waiting.Dequeue();
        (asker, question) = (next.Asker, next.Question);
        return true;
    }
}
