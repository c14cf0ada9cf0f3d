namespace ConveyorActors.Buffers.Manager;

/// <summary>Lists, replays and purges the stages' dead letters, and lists waiting records.</summary>
sealed class DeadLetterManager<T>(ManagerParts<T> parts)
{
    public IReadOnlyList<DeadLetter<T>> GetDeadLetters(string stage, int max = int.MaxValue)
    {
        Amounts.ValidateRecords(max, nameof(max));
        if (parts.Stages.FindStage(stage) is not { } found)
            return [];
        using (found.Gate.Pass())
            return found.Buffer.DeadLetters.List(max);
    }

    public int ReplayDeadLetters(string stage, int max = int.MaxValue)
    {
        Amounts.ValidateRecords(max, nameof(max));
        var replayed = 0;
        while (replayed < max)
        {
            var oldest = GetDeadLetters(stage, 1);
            if (oldest.Count == 0)
                break;
            var (record, bytes) = (oldest[0].Record, parts.Traits.GetSize(oldest[0].Record.Record));
            using var session = parts.Sessions.Enter(stage, record.SourceId);
            var (to, queue) = (session.Stage, session.Queue);
            if (to.Buffer.DeadLetters.List(1) is not [var first] || !ReferenceEquals(first, oldest[0]))
                continue;
            // Independent of the stage's full mode: no record is dropped for one that was already given up.
            if (
                parts.State != ManagerState.Running
                || to.Lane.FindRoomToWaitFor(queue) != OfferStatus.Accepted
                || !parts.Admission.IsOpen_NeedsLock(queue)
            )
                break;
            if (parts.Levels.Take_NeedsLock(to, session.Source, bytes) != OfferStatus.Accepted)
                break;
            to.Buffer.DeadLetters.Remove(1, discarded: false);
            queue.Counts.Offered++;
            parts.Admission.Place_NeedsLock(to, queue, record.Record, bytes, null);
            replayed++;
        }
        return replayed;
    }

    public int PurgeDeadLetters(string stage, int max = int.MaxValue)
    {
        Amounts.ValidateRecords(max, nameof(max));
        if (parts.Stages.TryEnter(stage) is not { } from)
            return 0;
        try
        {
            return from.Buffer.DeadLetters.Remove(max, discarded: true).Count;
        }
        finally
        {
            parts.Sessions.Leave(from);
        }
    }

    public IReadOnlyList<BufferedRecord<T>> Peek(string stage, int max)
    {
        Amounts.ValidateRecords(max, nameof(max));
        if (parts.Stages.FindStage(stage) is not { } found)
            return [];
        using (found.Gate.Pass())
            return found.Buffer.Peek(max);
    }
}
