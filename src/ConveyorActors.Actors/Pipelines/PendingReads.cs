namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The reads of the journal that are under way, by number, and the questions that wait for them. A pipeline that was
/// placed here is looked up in the journal before it is listed as existing; a list of pipelines is complete once every
/// read that began before the question has ended.
/// </summary>
/// <remarks>Not safe for use by several threads: it belongs to one actor.</remarks>
sealed class PendingReads
{
    readonly SortedSet<long> pending = [];
    readonly Queue<(IActorRef ReplyTo, object Question, long Last)> waiting = new();
    long last;

    /// <summary>Registers a read that begins, and returns its number.</summary>
    public long Begin()
    {
        pending.Add(++last);
        return last;
    }

    /// <summary>Registers the end of a read.</summary>
    public void End(long read) => pending.Remove(read);

    /// <summary>Queues a question until the reads that are under way have ended.</summary>
    public void Await(IActorRef replyTo, object question) => waiting.Enqueue((replyTo, question, last));

    /// <summary>Takes the next question whose reads have ended. Returns false if there is none.</summary>
    public bool TryTake(out IActorRef replyTo, out object question)
    {
        (replyTo, question) = (ActorRefs.Nobody, "");
        if (!waiting.TryPeek(out var next) || pending.Count > 0 && pending.Min <= next.Last)
            return false;
        waiting.Dequeue();
        (replyTo, question) = (next.ReplyTo, next.Question);
        return true;
    }
}
