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

    [Fact]
    public async Task A_pipeline_first_used_after_new_ones_are_refused_is_stopped()
    {
        await using var service = new EmbeddedBufferService();
        Assert.Equal(OfferStatus.Accepted, await OfferAsync(service, "known"));

        service.RefuseNewPipelines();

        Assert.Equal(OfferStatus.Draining, await OfferAsync(service, "new"));
        await service.ConfigureAsync("configured", new());
        Assert.Equal(OfferStatus.Draining, await OfferAsync(service, "configured"));
        Assert.Equal(OfferStatus.Accepted, await OfferAsync(service, "known"));
        await service.StopAsync("known", TimeSpan.Zero);
        await service.ConfigureAsync("known", new());
        Assert.Equal(OfferStatus.Draining, await OfferAsync(service, "known"));
    }

    static async Task<OfferStatus> OfferAsync(EmbeddedBufferService service, string pipeline) =>
        (await service.BufferForStageAsync(pipeline, "parse", "web", new ConveyorRecord("1", new byte[1]))).Status;
}
