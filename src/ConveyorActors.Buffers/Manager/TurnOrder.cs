namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Merges the waiters of several stages: the lowest rank first and, within a rank, the lowest ticket first.
/// </summary>
/// <remarks>Used by the one thread that serves waiters.</remarks>
sealed class TurnOrder<TStage>
{
    readonly PriorityQueue<TStage, (int Rank, long Ticket)> turns = new();

    public void Clear() => turns.Clear();

    public void Add(TStage stage, int rank, long ticket) => turns.Enqueue(stage, (rank, ticket));

    /// <summary>Returns the stage whose turn it is.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="rank">The stage's rank.</param>
    /// <param name="from">The ticket at which the turn begins.</param>
    /// <param name="until">The ticket at which another stage of the same rank comes first.</param>
    public bool TryNext(out TStage stage, out int rank, out long from, out long until)
    {
        until = long.MaxValue;
        if (!turns.TryDequeue(out stage!, out var turn))
        {
            (rank, from) = (0, 0);
            return false;
        }
        (rank, from) = turn;
        if (turns.TryPeek(out _, out var next) && next.Rank == rank)
            until = next.Ticket;
        return true;
    }
}
