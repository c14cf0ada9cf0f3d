using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Tests.Flow;

public sealed class SignalSubscriptionTests
{
    [Fact]
    public async Task A_reader_that_falls_behind_misses_the_oldest_and_never_the_latest()
    {
        using var subscription = new SignalSubscription(_ => { });
        for (var i = 1; i <= 300; i++)
            subscription.Publish(BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(i)));
        Assert.Equal(44, subscription.Missed);
        for (var i = 45; i <= 300; i++)
            Assert.Equal(TimeSpan.FromMilliseconds(i), (await Within.Reason(subscription.ReadAsync()))!.Value.Delay);
        Assert.False(subscription.TryRead(out _));
    }

    [Fact]
    public async Task Abandoning_a_read_loses_no_signal()
    {
        using var subscription = new SignalSubscription(_ => { });
        using var giveUp = new CancellationTokenSource();
        var read = subscription.ReadAsync(giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(read));
        subscription.Publish(BackpressureSignal.Pause);
        Assert.Equal(BackpressureSignal.Pause, await Within.Reason(subscription.ReadAsync()));
    }

    [Fact]
    public async Task Disposing_ends_a_waiting_read_and_earlier_signals_can_still_be_read()
    {
        var subscription = new SignalSubscription(_ => { });
        var read = subscription.ReadAsync();
        subscription.Dispose();
        Assert.Null(await Within.Reason(read));
        var told = new SignalSubscription(_ => { });
        told.Publish(BackpressureSignal.Pause);
        told.Dispose();
        told.Publish(BackpressureSignal.None);
        Assert.Equal(BackpressureSignal.Pause, await Within.Reason(told.ReadAsync()));
        Assert.Null(await Within.Reason(told.ReadAsync()));
    }
}
