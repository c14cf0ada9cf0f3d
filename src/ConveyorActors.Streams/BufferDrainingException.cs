namespace ConveyorActors.Streams;

/// <summary>The exception that fails a stream whose pipeline is draining or has stopped.</summary>
public sealed class BufferDrainingException : InvalidOperationException
{
    /// <summary>Initializes an exception with the numbers of records that were accepted and that were not.</summary>
    public BufferDrainingException(string pipeline, string stage, long accepted, long notAccepted)
        : base(
            FormattableString.Invariant(
                $"Pipeline '{pipeline}' is draining or has stopped: stage '{stage}' accepted {accepted} records of this stream and will not accept the {notAccepted} that it had gathered, nor any later ones."
            )
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
