namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// The numbered units that the journal does not have yet, in order: first those that were taken for an event that is
/// being written, then the waiting ones.
/// </summary>
/// <remarks>Not thread-safe; the store calls it under its lock.</remarks>
sealed class UnwrittenUnits
{
    readonly Queue<Unit> taken = new();
    readonly Queue<Unit> waiting = new();
    long lastWritten;

    /// <summary>Gets the number of the last unit that was added.</summary>
    public long Last { get; private set; }

    /// <summary>Gets the number of the first unit that the journal does not have.</summary>
    public long FirstUnwritten => lastWritten + 1;

    /// <summary>Gets the number of the first waiting unit.</summary>
    public long NextToTake => lastWritten + taken.Count + 1;

    /// <summary>Gets the bytes of the waiting units.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>Gets whether the journal has all units.</summary>
    public bool AreWritten => Last == lastWritten;

    /// <summary>Gets whether there are waiting units.</summary>
    public bool AreWaiting => waiting.Count > 0;

    /// <summary>Sets the number of the last unit that the journal has; units are numbered from the next one.</summary>
    public void StartAfter(long written) => Last = lastWritten = written;

    public void Add(Unit unit)
    {
        waiting.Enqueue(unit);
        Last++;
        WaitingBytes += unit.Bytes;
    }

    /// <summary>Takes units up to about a number of bytes, and returns the number of the first one.</summary>
    public long Take(long most, List<Unit> into)
    {
        var first = NextToTake;
        while (most > 0 && waiting.TryDequeue(out var unit))
        {
            into.Add(unit);
            taken.Enqueue(unit);
            WaitingBytes -= unit.Bytes;
            most -= unit.Bytes;
        }
        return first;
    }

    /// <summary>Makes the last units that were taken wait again.</summary>
    public void PutBack(int count)
    {
        if (count == 0)
            return;
        var kept = taken.Count - count;
        Unit[] all = [.. taken, .. waiting];
        taken.Clear();
        waiting.Clear();
        WaitingBytes = 0;
        for (var i = 0; i < all.Length; i++)
        {
            (i < kept ? taken : waiting).Enqueue(all[i]);
            if (i >= kept)
                WaitingBytes += all[i].Bytes;
        }
    }

    /// <summary>Makes all units that were taken wait again.</summary>
    public void PutAllBack() => PutBack(taken.Count);

    /// <summary>Removes and returns the first unit, because the journal has it now; null: there is none.</summary>
    public Unit? TryRemoveWritten()
    {
        if (!taken.TryDequeue(out var unit))
        {
            // A predecessor of the writer has written the unit, which was put back meanwhile.
            if (!waiting.TryDequeue(out unit))
                return null;
            WaitingBytes -= unit.Bytes;
        }
        lastWritten++;
        return unit;
    }

    /// <summary>Removes all units; the numbers stay as they are.</summary>
    public void Clear()
    {
        taken.Clear();
        waiting.Clear();
    }
}
