namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The numbers of one core's buffer, or of several together, at one moment. Counts are since the
/// <see cref="CoreBuffers{T}"/> was made.
/// </summary>
/// <param name="Core">The number of the buffer, from 0; -1 for several together.</param>
/// <param name="Capacity">Items there is room for.</param>
/// <param name="Depth">
/// Items that wait. Together with <paramref name="InHands"/> never more than <paramref name="Capacity"/>.
/// </param>
/// <param name="InHands">Items in the drainer's hands: with the sink, or between two tries.</param>
/// <param name="Accepted">Items that were accepted.</param>
/// <param name="Refused">Items that were refused because the buffer was full.</param>
/// <param name="Drained">Items that the sink has taken.</param>
/// <param name="DeadLettered">Items that the sink failed too often.</param>
/// <param name="SinkFailures">Times that the sink threw.</param>
/// <param name="DeadLetterFailures">
/// Times that the dead-letter callback threw. Its items count as dead-lettered.
/// </param>
/// <param name="DrainerRestarts">Times that a drainer died and was replaced.</param>
/// <param name="LastError">
/// What the sink, the callback or a drainer threw last; null: nothing yet. Of several buffers: that of one of them.
/// </param>
public readonly record struct CoreBufferStats(
    int Core,
    long Capacity,
    long Depth,
    long InHands,
    long Accepted,
    long Refused,
    long Drained,
    long DeadLettered,
    long SinkFailures,
    long DeadLetterFailures,
    long DrainerRestarts,
    Exception? LastError = null
)
{
    /// <summary>Items that were accepted and are neither drained nor dead-lettered.</summary>
    public long Remaining => Depth + InHands;

    /// <summary>
    /// True when every accepted item is accounted for: accepted = drained + dead-lettered + depth + in hands. Anything
    /// else is a defect.
    /// </summary>
    public bool IsConserved => Accepted == Drained + DeadLettered + Depth + InHands;

    /// <summary>The share of the capacity in use, from 0 to 1.</summary>
    public double Fill => Capacity == 0 ? 0 : (double)Remaining / Capacity;

    /// <summary>The sums over several buffers.</summary>
    public static CoreBufferStats Sum(IEnumerable<CoreBufferStats> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        return buffers.Aggregate(
            new CoreBufferStats { Core = -1 },
            static (a, b) =>
                new(
                    -1,
                    a.Capacity + b.Capacity,
                    a.Depth + b.Depth,
                    a.InHands + b.InHands,
                    a.Accepted + b.Accepted,
                    a.Refused + b.Refused,
                    a.Drained + b.Drained,
                    a.DeadLettered + b.DeadLettered,
                    a.SinkFailures + b.SinkFailures,
                    a.DeadLetterFailures + b.DeadLetterFailures,
                    a.DrainerRestarts + b.DrainerRestarts,
                    b.LastError ?? a.LastError
                )
        );
    }
}
