namespace ConveyorActors.Streams;

/// <summary>A stream could not go on because its pipeline is draining or has stopped.</summary>
public sealed class BufferDrainingException : InvalidOperationException
{
    /// <summary>Says what was accepted and what was not.</summary>
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

    /// <summary>Records of this stream that are in the stage, or were when they were accepted.</summary>
    public long Accepted { get; }

    /// <summary>Records that the stream had taken from upstream and could not place.</summary>
    public long NotAccepted { get; }
}
