namespace ConveyorActors.Actors.Service;

/// <summary>Counts the calls that have no reply yet, so that a stop can wait for the calls made before it.</summary>
/// <remarks>
/// Safe for use by many threads. Calls made during the wait are counted separately, so that they do not prolong it.
/// </remarks>
sealed class CallCount
{
    readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number of calls made before the wait, plus one until the wait begins.</summary>
    int before = 1;

    bool isClosing;

    /// <summary>A call under way. Disposing it ends the call.</summary>
    public readonly struct Call(CallCount? count) : IDisposable
    {
        public void Dispose() => count?.Leave();
    }

    public Call Begin()
    {
        if (Volatile.Read(ref isClosing))
            return default;
        Interlocked.Increment(ref before);
        return new(this);
    }

    /// <summary>Completes when all calls made before this method was called have ended. May be called once.</summary>
    public Task WhenOverAsync()
    {
        Volatile.Write(ref isClosing, true);
        Leave();
        return over.Task;
    }

    void Leave()
    {
        if (Interlocked.Decrement(ref before) == 0)
            over.TrySetResult();
    }
}
