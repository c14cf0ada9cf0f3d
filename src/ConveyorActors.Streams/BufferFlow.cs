using Akka;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Leasing;
using ConveyorActors.Streams.Offering;

namespace ConveyorActors.Streams;

/// <summary>Creates flows that lead a stream through a stage of a buffer.</summary>
public static class BufferFlow
{
    /// <summary>
    /// Returns a flow that buffers records in a stage, between two parts of a stream. Records that have entered the
    /// flow and not left it downstream are in the stage: if the stream fails on either side, the next materialization
    /// gets them. A record is completed as in <see cref="BufferSource.CompletingFromStage"/>.
    /// </summary>
    /// <remarks>
    /// The stage should be used by this flow only: all its records leave through the flow, those of an earlier
    /// materialization first. The flow completes when upstream has completed and no record is pending in the stage any
    /// more.
    /// </remarks>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that buffers.</param>
    /// <param name="source">The source that the records belong to.</param>
    /// <param name="settings">The settings of the flow; null: the defaults.</param>
    public static Flow<ConveyorRecord, ConveyorRecord, NotUsed> Through(
        IBufferService service,
        string pipeline,
        string stage,
        string source,
        BufferFlowSettings? settings = null
    ) =>
        Flow.FromGraph(
            new BufferFlowStage(
                OfferTarget.Create(service, pipeline, stage, source),
                LeaseOrigin.Create(service, pipeline, stage),
                settings ?? new()
            )
        );
}
