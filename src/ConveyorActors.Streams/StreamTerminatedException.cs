namespace ConveyorActors.Streams;

/// <summary>
/// A stream ended with neither completion nor failure: its materializer or actor system was shut down.
/// </summary>
public sealed class StreamTerminatedException : InvalidOperationException
{
    /// <summary>Says what was accepted and what was not.</summary>
    public StreamTerminatedException(string stage, long accepted, long notAccepted, Exception inner)
        : base(
            FormattableString.Invariant(
                $"The stream was terminated abruptly: stage '{stage}' accepted {accepted} records of it; {notAccepted} that it had gathered were not accepted."
            ),
            inner
        )
    {
        Accepted = accepted;
        NotAccepted = notAccepted;
    }

    /// <summary>Records of this stream that are in the stage, or were when they were accepted.</summary>
    public long Accepted { get; }

    /// <summary>Records that the stream had taken from upstream and could not place.</summary>
    public long NotAccepted { get; }
}
