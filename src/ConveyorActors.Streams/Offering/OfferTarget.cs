using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Offering;

/// <summary>The stage that records are offered to, its service, and the source that they belong to.</summary>
sealed record OfferTarget(IBufferService Service, string Pipeline, string Stage, string Source)
{
    public static OfferTarget Create(IBufferService service, string pipeline, string stage, string source)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new(service, Names.Validate(pipeline), Names.Validate(stage), Names.Validate(source));
    }
}
