using Akka;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Leasing;
using ConveyorActors.Streams.Offering;

namespace ConveyorActors.Streams;

/// <summary>Flows that lead a stream through a stage of a buffer.</summary>
public static class BufferFlow
{
    /// <summary>
    /// A bounded buffer between two parts of a stream. What has gone in and has not left downstream is in the stage:
    /// when the stream fails on either side, it is there for the next materialization. A record leaves as it does from
    /// <see cref="BufferSource.CompletingFromStage"/>.
    /// </summary>
    /// <remarks>
    /// The stage should be this flow's own: whatever is in it comes out here, left-overs of an earlier materialization
    /// first. Upstream's completion is passed on when nothing is pending there any more.
    /// </remarks>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage that buffers.</param>
    /// <param name="source">As whose records they are offered.</param>
    /// <param name="settings">How; null: the defaults.</param>
    public static Flow<ConveyorRecord, ConveyorRecord, NotUsed> Through(
        IBufferService service,
        string pipeline,
        string stage,
        string source,
        BufferFlowSettings? settings = null
    ) =>
        Flow.FromGraph(
            new BufferFlowStage(
                OfferTarget.Of(service, pipeline, stage, source),
                LeaseOrigin.Of(service, pipeline, stage),
                settings ?? new()
            )
        );
}
