using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>What is called after a manager has stopped comes to an end, too.</summary>
public sealed class StoppedTests
{
    readonly FakeClock clock = new();

    [Fact]
    public async Task A_hop_made_after_the_stop_does_not_wait_for_room()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 1 }, new() { Clock = clock });
        manager.BufferForStage("parse", "web", 1);
        manager.BufferForStage("store", "other", 9);
        var lease = manager.GetBatch("parse", 1);
        await Within.Reason(manager.StopAsync(TimeSpan.Zero));
        var result = await Within.Reason(manager.HopAsync(lease, null, "store", new[] { 1, 2 }));
        Assert.Equal((SettleStatus.Ok, 1, 2), (result.Status, result.Settled, result.Waiting));
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task Consumers_offers_and_subscriptions_made_after_the_stop_get_a_reply()
    {
        var manager = new BufferManager<int>(
            new() { Stage = new() { FullMode = FullMode.Wait } },
            new() { Clock = clock }
        );
        await Within.Reason(manager.StopAsync(TimeSpan.Zero));
        Assert.Empty(await Within.Reason(manager.GetBatchAsync("parse", 1)));
        Assert.Equal(
            OfferStatus.Draining,
            (await Within.Reason(manager.BufferForStageAsync("parse", "web", 1))).Status
        );
        var subscription = manager.SubscribeSignals("web");
        Assert.NotNull(await Within.Reason(subscription.ReadAsync()));
        Assert.Null(await Within.Reason(subscription.ReadAsync()));
    }
}
