namespace ConveyorActors.Buffers.Cores;

/// <summary>
/// The numbers of one core's buffer, or of several together, at one moment. Counts start when the
/// <see cref="CoreBuffers{T}"/> is created.
/// </summary>
/// <param name="Core">The number of the buffer, from 0; -1 for several together.</param>
/// <param name="Capacity">The number of items that the buffer can hold.</param>
/// <param name="Depth">
/// The number of items that wait. Together with <paramref name="InFlight"/> never more than <paramref name="Capacity"/>.
/// </param>
/// <param name="InFlight">
/// The number of items that the drainer has taken: being processed by the sink, or waiting for another try.
/// </param>
/// <param name="Accepted">The number of items accepted.</param>
/// <param name="Refused">The number of items refused because the buffer was full.</param>
/// <param name="Drained">The number of items that the sink has taken.</param>
/// <param name="DeadLettered">The number of items on which the sink failed too often.</param>
/// <param name="SinkFailures">The number of times the sink threw.</param>
/// <param name="DeadLetterFailures">
/// The number of times the dead-letter callback threw. Its items count as dead-lettered.
/// </param>
/// <param name="DrainerRestarts">The number of times a drainer died and was replaced.</param>
/// <param name="LastError">
/// The exception that the sink, the callback or a drainer threw last; null: none so far. For several buffers: the
/// exception of one of them.
/// </param>
public readonly record struct CoreBufferStats(
    int Core,
    long Capacity,
    long Depth,
    long InFlight,
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
    /// <summary>Gets the number of items that were accepted and are neither drained nor dead-lettered.</summary>
    public long Remaining => Depth + InFlight;

    /// <summary>
    /// Gets whether every accepted item is accounted for: accepted = drained + dead-lettered + depth + in hands. False
    /// indicates a defect.
    /// </summary>
    public bool IsConserved => Accepted == Drained + DeadLettered + Depth + InFlight;

    /// <summary>Gets the share of the capacity in use, from 0 to 1.</summary>
    public double Fill => Capacity == 0 ? 0 : (double)Remaining / Capacity;

    /// <summary>Returns the sums over several buffers.</summary>
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
                    a.InFlight + b.InFlight,
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
