using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The recent replies to commands with a named wait. A command that is sent again, because its reply was lost, gets the
/// same reply and changes nothing. Bounded. Used by one actor at a time; outlives it.
/// </summary>
sealed class RecentReplies
{
    const int MaxReplies = 64,
        MaxBytes = 1 << 20,
        UsualBytes = 200;

    readonly Dictionary<Guid, Kept> byWait = [];
    readonly Queue<Guid> order = [];
    readonly Dictionary<long, Guid> byLease = [];
    long bytes;

    sealed record Kept(IWaitingCommand Command, IActorRef? Owner, IConveyorReply Reply, long Bytes);

    /// <summary>
    /// Stores the reply to a command. A reply that changed nothing is not stored, because the command may be executed
    /// again.
    /// </summary>
    public void Add(IWaitingCommand command, IActorRef? owner, IConveyorReply reply)
    {
        var size =
            UsualBytes
            + reply switch
            {
                Offered { Result.Consumed: > 0 } => command switch
                {
                    BufferForStage one => one.Record.GetSize(),
                    BufferBatchForStage many => GetSize(many.Records.Span),
                    _ => 0,
                },
                Leased { Batch: { Count: > 0 } batch } => batch.Records.Sum(r => (long)r.Record.GetSize() + UsualBytes),
                Granted { Grant.Records: > 0 } => 0L,
                _ => MaxBytes,
            };
        if (size > MaxBytes || byWait.ContainsKey(command.Wait))
            return;
        byWait[command.Wait] = new(command, owner, reply, size);
        order.Enqueue(command.Wait);
        if (reply is Leased leased)
            byLease[leased.Batch.Id] = command.Wait;
        bytes += size;
        while (byWait.Count > MaxReplies || bytes > MaxBytes || order.Count > 2 * MaxReplies)
            if (order.TryDequeue(out var oldest))
                Remove(oldest);
    }

    static long GetSize(ReadOnlySpan<ConveyorRecord> records)
    {
        var size = 0L;
        foreach (var record in records)
            size += record.GetSize() + UsualBytes;
        return size;
    }

    /// <summary>
    /// Returns the reply to the same command of the same owner; null: there was none, or it is no longer valid.
    /// </summary>
    public IConveyorReply? Find(IWaitingCommand command, IActorRef? owner, DateTimeOffset now)
    {
        if (byWait.Count == 0 || !byWait.TryGetValue(command.Wait, out var kept))
            return null;
        var isGood = kept.Reply switch
        {
            Leased leased => leased.Batch.Deadline > now,
            Granted granted => granted.Grant.ExpiresAt > now,
            _ => true,
        };
        if (isGood && Equals(kept.Owner, owner) && AreEqual(kept.Command, command))
            return kept.Reply;
        Remove(command.Wait);
        return null;
    }

    /// <summary>
    /// Returns whether two commands are the same, apart from the correlation ids that their senders chose.
    /// </summary>
    public static bool AreEqual(IWaitingCommand one, IWaitingCommand other) =>
        one.GetType() == other.GetType()
        && ((ConveyorCommand)one with { CorrelationId = null }).Equals(
            (ConveyorCommand)other with
            {
                CorrelationId = null,
            }
        );

    /// <summary>Removes the replies that gave a lease, because the lease was settled or returned.</summary>
    public void ForgetLease(long lease)
    {
        if (byLease.Count > 0 && byLease.TryGetValue(lease, out var wait))
            Remove(wait);
    }

    void Remove(Guid wait)
    {
        if (!byWait.Remove(wait, out var kept))
            return;
        bytes -= kept.Bytes;
        if (kept.Reply is Leased leased)
            byLease.Remove(leased.Batch.Id);
    }
}
