namespace ConveyorActors.Buffers.Service;

/// <summary>Provides shorter forms of calls to an <see cref="IBufferProducer"/>.</summary>
public static class BufferProducerExtensions
{
    /// <summary>
    /// Returns how many records a source may offer at once to a stage that has room: the free room of the pipeline or
    /// of the source, whichever is less, in records.
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
