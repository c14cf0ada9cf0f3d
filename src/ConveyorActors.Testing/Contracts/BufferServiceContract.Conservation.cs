using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

public abstract partial class BufferServiceContract
{
    /// <summary>One look of somebody who watches while others work.</summary>
    async Task Watch(CancellationToken cancellationToken)
    {
        await AssertConserved();
        await Task.Yield();
    }
}
