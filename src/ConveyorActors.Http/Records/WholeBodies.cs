namespace ConveyorActors.Http.Records;

/// <summary>Limits the bytes of all bodies that are kept in memory until their last record is read.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class WholeBodies(long most)
{
    long kept;

    public bool TryKeep(long bytes)
    {
        if (Interlocked.Add(ref kept, bytes) <= most)
            return true;
        Release(bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref kept, -bytes);
}
