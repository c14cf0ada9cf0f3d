using ConveyorActors.Buffers.Service;
using ConveyorActors.Contracts;

namespace ConveyorActors.Buffers.Tests.Service;

/// <summary>The buffers of this process keep the contract.</summary>
public sealed class EmbeddedBufferServiceTests : BufferServiceContract
{
    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) => new(new EmbeddedBufferService(clock));
}
