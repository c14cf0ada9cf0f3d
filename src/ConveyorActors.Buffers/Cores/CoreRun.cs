namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The buffers of a <see cref="CoreBuffers{T}"/> between a start and the stop after it. Used under its lifecycle lock,
/// but for <see cref="Cancel"/>.
/// </summary>
sealed class CoreRun<T>
{
    readonly CancellationTokenSource cancel = new();
    readonly CoreBuffer<T>[] buffers;

    /// <summary>
    /// Starts a drainer for each buffer, and lets producers into the first ones. The others only drain what an earlier
    /// stop left in them.
    /// </summary>
    public CoreRun(IReadOnlyList<CoreBuffer<T>> buffers, int count, CoreDrain<T> drain)
    {
        this.buffers = [.. buffers];
        for (var i = 0; i < count; i++)
            buffers[i].Ring.Open(); // First, as a drainer ends when it finds its ring closed and empty.
        try
        {
            Ended = Task.WhenAll(buffers.Select(b => b.StartDrainer(drain, cancel.Token)).ToArray());
        }
        catch
        {
            Close(); // There was no thread to be had: those that were started end, and nothing was accepted.
            throw;
        }
    }

    /// <summary>Completes when every drainer has ended. Never fails.</summary>
    public Task Ended { get; }

    /// <summary>The stop that is under way; null: none.</summary>
    public Task<CoreStopReport>? Stopping { get; set; }

    /// <summary>Refuses new items from here on.</summary>
    public void Close()
    {
        foreach (var buffer in buffers)
        {
            buffer.Ring.Close();
            buffer.Bell.Set();
        }
    }

    /// <summary>Ends the drainers' time.</summary>
    public void Cancel()
    {
        // What sinks have registered runs elsewhere: neither its exceptions nor its slowness are the stop's. The flag
        // is set at once.
        _ = cancel.CancelAsync();
        foreach (var buffer in buffers)
            buffer.Bell.Set();
    }
}
