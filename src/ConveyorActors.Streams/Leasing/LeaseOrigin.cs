using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Leasing;

/// <summary>The stage that leases come from, and its service.</summary>
sealed record LeaseOrigin(IBufferService Service, string Pipeline, string Stage)
{
    public static LeaseOrigin Create(IBufferService service, string pipeline, string stage)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new(service, Names.Validate(pipeline), Names.Validate(stage));
    }
}
