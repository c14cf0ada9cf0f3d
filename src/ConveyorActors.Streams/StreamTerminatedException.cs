namespace ConveyorActors.Streams;

/// <summary>
/// The exception for a stream that ended with neither completion nor failure, because its materializer or actor system
/// was shut down.
/// </summary>
public sealed class StreamTerminatedException : InvalidOperationException
{
    /// <summary>Initializes an exception with the numbers of records that were accepted and that were not.</summary>
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

    /// <summary>
    /// Gets the number of this stream's records that the stage has accepted; some of them may have left it since.
    /// </summary>
    public long Accepted { get; }

    /// <summary>Gets the number of records that the stream had taken from upstream and could not offer.</summary>
    public long NotAccepted { get; }
}
