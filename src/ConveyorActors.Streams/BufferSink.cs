using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Offering;

namespace ConveyorActors.Streams;

/// <summary>Creates sinks that put a stream's records into a stage of a buffer.</summary>
public static class BufferSink
{
    /// <summary>
    /// Returns a sink that offers records to a stage, in order, and only with reserved room. When there is no room,
    /// upstream waits.
    /// </summary>
    /// <remarks>
    /// No record is refused for lack of room as long as its room is reserved: a place, and up to
    /// <see cref="BufferSinkSettings.BytesPerRecord"/> bytes. Under a limit in bytes a larger record may be refused, and a
    /// record whose reserved room has expired. A refused record stays with the sink, which offers it again once it has
    /// the room; the stage counts the refusal.
    /// The task completes with the counts when upstream has completed and every record is in the stage. If upstream
    /// fails, the task fails with the same exception, after the gathered records were offered. A full stage makes
    /// upstream wait whatever the stage's full mode is: a stage that drops its oldest records drops nothing for this
    /// sink. Unused reserved room is given back, in every case when the stream ends. Every materialization is independent.
    /// </remarks>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage to offer to.</param>
    /// <param name="source">The source that the records belong to.</param>
    /// <param name="settings">The settings of the sink; null: the defaults.</param>
    public static Sink<ConveyorRecord, Task<BufferSinkCounts>> ForStage(
        IBufferService service,
        string pipeline,
        string stage,
        string source,
        BufferSinkSettings? settings = null
    ) => Sink.FromGraph(new BufferSinkStage(OfferTarget.Create(service, pipeline, stage, source), settings ?? new()));
}
