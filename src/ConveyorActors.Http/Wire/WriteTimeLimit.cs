namespace ConveyorActors.Http.Wire;

/// <summary>
/// Ends the connection of a client that does not take what is written to it in time. The server's own minimum data rate
/// allows minutes for a large write.
/// </summary>
/// <remarks>
/// Not safe for use by many threads. What the operating system buffers for the connection counts as taken, so a client
/// that reads nothing is detected when these buffers are full.
/// </remarks>
sealed class WriteTimeLimit : IDisposable
{
    readonly CancellationTokenSource time;
    readonly CancellationTokenRegistration abort;

    public WriteTimeLimit(HttpContext context, TimeProvider clock)
    {
        time = new(Timeout.InfiniteTimeSpan, clock);
        abort = time.Token.Register(context.Abort);
    }

    /// <summary>Ends the connection after a time unless <see cref="Stop"/> is called before.</summary>
    public void Start(TimeSpan limit) => time.CancelAfter(limit);

    public void Stop() => time.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        abort.Dispose(); // waits for an abort in progress, so that it cannot reach the connection's next request
        time.Dispose();
    }
}
