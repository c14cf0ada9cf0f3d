namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Counts work that was begun and has not ended, and can be closed while there is none. Safe for use by many threads.
/// </summary>
sealed class WorkCount
{
    const int Closed = int.MinValue;

    int count;

    public bool IsZero => (Volatile.Read(ref count) & ~Closed) == 0;

    public void Begin() => Interlocked.Increment(ref count);

    public void End() => Interlocked.Decrement(ref count);

    /// <summary>Begins work, unless the count is closed.</summary>
    public bool TryBegin()
    {
        if (Interlocked.Increment(ref count) > 0)
            return true;
        Interlocked.Decrement(ref count);
        return false;
    }

    /// <summary>Closes the count if there is no work: <see cref="TryBegin"/> begins nothing from then on.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref count, Closed, 0) == 0;

    /// <summary>Undoes <see cref="TryClose"/>.</summary>
    public void Reopen() => Interlocked.Add(ref count, Closed); // twice the lowest number is zero
}
