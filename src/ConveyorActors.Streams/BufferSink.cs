using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Offering;

namespace ConveyorActors.Streams;

/// <summary>Sinks that put a stream's records into a stage of a buffer.</summary>
public static class BufferSink
{
    /// <summary>
    /// A sink that offers to a stage, in order, only what the stage has promised room for: nothing is refused, upstream
    /// waits instead.
    /// </summary>
    /// <remarks>
    /// The task completes with the counts when upstream has completed and every record is in the stage; it fails with
    /// what upstream failed with, after what had gathered was offered. A full stage makes upstream wait whatever its
    /// rule is: a stage that drops its oldest drops nothing for this sink. Granted room that is not used is given back,
    /// however the stream ends. Every materialization works by itself.
    /// </remarks>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage to offer to.</param>
    /// <param name="source">As whose records they are offered.</param>
    /// <param name="settings">How; null: the defaults.</param>
    public static Sink<ConveyorRecord, Task<BufferSinkCounts>> ForStage(
        IBufferService service,
        string pipeline,
        string stage,
        string source,
        BufferSinkSettings? settings = null
    ) => Sink.FromGraph(new BufferSinkStage(OfferTarget.Of(service, pipeline, stage, source), settings ?? new()));
}
