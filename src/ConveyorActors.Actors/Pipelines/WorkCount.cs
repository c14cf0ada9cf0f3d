namespace ConveyorActors.Actors.Pipelines;

/// <summary>Counts work that was begun and has not ended. Safe for use by many threads.</summary>
sealed class WorkCount
{
    int count;

    public bool IsZero => Volatile.Read(ref count) == 0;

    public void Begin() => Interlocked.Increment(ref count);

    public void End() => Interlocked.Decrement(ref count);
}
