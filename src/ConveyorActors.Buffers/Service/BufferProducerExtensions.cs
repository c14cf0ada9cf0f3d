namespace ConveyorActors.Buffers.Service;

/// <summary>Shorter forms of calls to an <see cref="IBufferProducer"/>.</summary>
public static class BufferProducerExtensions
{
    /// <summary>
    /// Returns how many records a source may offer at once to a stage that has room: the least of the free room of
    /// pipeline and source, in records.
    /// </summary>
    /// <param name="producer">The service.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static ValueTask<long> AvailableCreditsAsync(
        this IBufferProducer producer,
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(producer);
        return producer.AvailableCreditsAsync(pipeline, null, source, cancellationToken);
    }
}
