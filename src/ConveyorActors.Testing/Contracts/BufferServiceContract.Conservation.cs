using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

public abstract partial class BufferServiceContract
{
    /// <summary>Takes one snapshot while other threads work.</summary>
    async Task Watch(CancellationToken cancellationToken)
    {
        await AssertConserved();
        await Task.Yield();
    }
}
