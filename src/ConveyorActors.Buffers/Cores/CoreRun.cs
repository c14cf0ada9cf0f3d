namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The buffers of a <see cref="CoreBuffers{T}"/> from a start to the following stop. Used under the lifecycle lock,
/// except for <see cref="Cancel"/>.
/// </summary>
sealed class CoreRun<T>
{
    readonly CancellationTokenSource cancel = new();
    readonly CoreBuffer<T>[] buffers;

    /// <summary>
    /// Starts a drainer for each buffer, and opens the first buffers to producers. The others only drain the items that
    /// an earlier stop left in them.
    /// </summary>
    public CoreRun(IReadOnlyList<CoreBuffer<T>> buffers, int count, CoreDrain<T> drain)
    {
        this.buffers = [.. buffers];
        for (var i = 0; i < count; i++)
            buffers[i].Ring.Open(); // First, because a drainer ends when its ring is closed and empty.
        try
        {
            Ended = Task.WhenAll(buffers.Select(b => b.StartDrainer(drain, cancel.Token)).ToArray());
        }
        catch
        {
            Close(); // No thread was available: the drainers started so far end, and nothing was accepted.
            throw;
        }
    }

    /// <summary>Gets a task that completes when every drainer has ended and never fails.</summary>
    public Task Ended { get; }

    /// <summary>Gets or sets the stop in progress; null: none.</summary>
    public Task<CoreStopReport>? Stopping { get; set; }

    /// <summary>Refuses new items from now on.</summary>
    public void Close()
    {
        foreach (var buffer in buffers)
        {
            buffer.Ring.Close();
            buffer.Bell.Set();
        }
    }

    /// <summary>Cancels the drainers.</summary>
    public void Cancel()
    {
        // Callbacks that sinks have registered run on other threads, so that neither their exceptions nor their
        // slowness affect the stop. The flag is set at once.
        _ = cancel.CancelAsync();
        foreach (var buffer in buffers)
            buffer.Bell.Set();
    }
}
