using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Service;

/// <summary>The port of an actor system whose buffers have stopped, while the system itself still runs.</summary>
public sealed class StoppedServiceTests : TestKit
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    static readonly ConveyorRecord Record = new("1", new byte[1]);

    readonly ConveyorSystem conveyor;

    public StoppedServiceTests()
        : base("akka.loglevel = OFF, conveyor { buffer-actors.count = 1, coordinated-shutdown = off }") =>
        conveyor = ConveyorSystem.Get(Sys);

    IBufferService Service => conveyor.Service;

    async Task StopWithTwoRecordsAsync()
    {
        await Service.BufferBatchForStageAsync("shop", "store", "web", new[] { Record, Record with { Id = "2" } });
        await conveyor.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
    }

    [Fact]
    public async Task Offers_after_the_stop_are_refused_as_draining()
    {
        await StopWithTwoRecordsAsync();

        Assert.Equal(OfferStatus.Draining, (await Service.BufferForStageAsync("shop", "store", "web", Record)).Status);
        Assert.Equal(OfferStatus.Draining, (await Service.BufferForStageAsync("new", "store", "web", Record)).Status);
    }

    [Fact]
    public async Task Leases_after_the_stop_are_empty()
    {
        await StopWithTwoRecordsAsync();

        foreach (var pipeline in (string[])["shop", "new"])
        {
            Assert.Equal(0, (await Service.GetBatchAsync(pipeline, "store", new(1))).Count);
            var waiting = Service.GetBatchAsync(pipeline, "store", new(1) { Wait = true }).AsTask();
            Assert.Equal(0, (await waiting.WaitAsync(Patience)).Count);
        }
    }

    [Fact]
    public async Task Queries_after_the_stop_show_the_stopped_pipelines()
    {
        await StopWithTwoRecordsAsync();

        Assert.Equal(["shop"], await Service.GetPipelinesAsync());
        var snapshot = await Service.GetSnapshotAsync("shop");
        Assert.Equal(("Stopped", 2), (snapshot.State, snapshot.Total.Pending));
        Assert.Equal(["1", "2"], (await Service.PeekAsync("shop", "store", 10)).Select(record => record.Record.Id));
    }

    [Fact]
    public async Task Changes_after_the_stop_fail_with_a_message_that_names_the_stop()
    {
        await StopWithTwoRecordsAsync();

        var failure = await Assert.ThrowsAsync<BufferServiceException>(() =>
            Service.PurgeDeadLettersAsync("shop", "store").AsTask()
        );

        Assert.StartsWith(
            "The buffers of this actor system have stopped (ConveyorSystem.StopAsync, or coordinated shutdown)",
            failure.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(Problem.NotNow, failure.Problem);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_port_that_is_disposed_before_or_after_the_stop_throws_that_it_is_disposed(bool before)
    {
        if (before)
            await Service.DisposeAsync();
        await conveyor.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
        await Service.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            Service.BufferForStageAsync("shop", "store", "web", Record).AsTask()
        );
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Service.GetSnapshotAsync("shop").AsTask());
    }
}
