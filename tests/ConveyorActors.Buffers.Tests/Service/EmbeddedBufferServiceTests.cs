using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing.Contracts;

namespace ConveyorActors.Buffers.Tests.Service;

/// <summary>The buffers of this process keep the contract.</summary>
public sealed class EmbeddedBufferServiceTests : BufferServiceContract
{
    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) =>
        new(new EmbeddedBufferService(clock));

    [Fact]
    public async Task Disposing_does_not_wait_for_a_stop_that_is_under_way()
    {
        await Fill(2);
        var stop = await Stopping(Seconds(3600));
        await Within(Service.DisposeAsync().AsTask());
        Assert.Equal(2, (await stop).Remaining);
    }
}
