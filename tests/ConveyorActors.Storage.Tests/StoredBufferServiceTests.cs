using ConveyorActors.Buffers.Service;
using ConveyorActors.Contracts;

namespace ConveyorActors.Storage.Tests;

/// <summary>The buffers of this process keep the contract when their records are on disk, too.</summary>
public sealed class StoredBufferServiceTests : BufferServiceContract, IDisposable
{
    readonly TempDirectory directory = new();

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) => new(new EmbeddedBufferService(clock, DataDirectory.Open(directory.Path)));

    public void Dispose() => directory.Dispose();
}
