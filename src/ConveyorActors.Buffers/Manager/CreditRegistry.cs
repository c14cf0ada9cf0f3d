using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>The open credits of one stage.</summary>
/// <remarks>Guarded by the stage's lock.</remarks>
sealed class CreditRegistry
{
    const int MaxStale = 32;

    readonly Dictionary<long, Credit> open = [];
    readonly PriorityQueue<Credit, long> byExpiry = new();

    public sealed class Credit(long id, SourceQueue queue, int records, int bytesPerRecord, long expiresAt)
    {
        public long Id { get; } = id;

        public SourceQueue Queue { get; } = queue;

        public int Records { get; set; } = records;

        public int BytesPerRecord { get; } = bytesPerRecord;

        public long ExpiresAt { get; } = expiresAt;
    }

    public long NextDue => byExpiry.TryPeek(out _, out var expires) ? expires : long.MaxValue;

    public int Count => open.Count;

    /// <summary>Gets the number of entries in the calendar, including those of credits that are used up.</summary>
    public int CalendarLength => byExpiry.Count;

    public Credit Open(SourceQueue queue, int records, int bytesPerRecord, long expiresAt)
    {
        var credit = new Credit(UniqueIds.CreateId(), queue, records, bytesPerRecord, expiresAt);
        open.Add(credit.Id, credit);
        byExpiry.Enqueue(credit, expiresAt);
        queue.Granted += records;
        queue.GrantedBytes += (long)records * bytesPerRecord;
        return credit;
    }

    public Credit? Find(long id, SourceQueue queue) =>
        open.TryGetValue(id, out var credit) && ReferenceEquals(credit.Queue, queue) ? credit : null;

    /// <summary>Uses a credit for a number of records, whose room now belongs to them.</summary>
    public void Use(Credit credit, int records = 1) => Take(credit, records);

    /// <summary>Closes a credit and returns the unused rest, for the caller to release.</summary>
    public (int Records, long Bytes) Close(Credit credit)
    {
        var left = credit.Records;
        Take(credit, left);
        open.Remove(credit.Id);
        return (left, (long)left * credit.BytesPerRecord);
    }

    /// <summary>
    /// Removes the next credit that has expired by now from the calendar and returns it; null: there is none.
    /// </summary>
    public Credit? RemoveNextExpired(long now)
    {
        while (byExpiry.TryPeek(out var credit, out var expires) && expires <= now)
        {
            byExpiry.Dequeue();
            if (open.ContainsKey(credit.Id))
                return credit;
        }
        return null;
    }

    void Take(Credit credit, int records)
    {
        credit.Records -= records;
        credit.Queue.Granted -= records;
        credit.Queue.GrantedBytes -= (long)records * credit.BytesPerRecord;
        if (credit.Records == 0)
            open.Remove(credit.Id);
        if (open.Count > 0 && byExpiry.Count <= 2 * open.Count + MaxStale)
            return;
        // The calendar is rebuilt without used credits long before they expire, or it would grow with every credit ever
        // granted.
        byExpiry.Clear();
        foreach (var left in open.Values)
            byExpiry.Enqueue(left, left.ExpiresAt);
    }
}
