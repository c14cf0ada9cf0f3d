using ConveyorActors.Buffers.Flow;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// A signal follows the fill whichever way room becomes free: a source that is paused for a fill that has gone would
/// wait for ever.
/// </summary>
public sealed class SignalFreshnessTests
{
    readonly FakeClock clock = new();

    [Fact]
    public void A_source_continues_when_all_results_of_its_hop_are_dropped()
    {
        var manager = new BufferManager<int>(
            new()
            {
                MaxPerStage = 5,
                MaxPerSource = 5,
                Stage = new() { FullMode = FullMode.DropNewest },
            },
            new() { Clock = clock }
        );
        for (var i = 0; i < 5; i++)
            manager.BufferForStage("store", "other", i);
        for (var i = 0; i < 5; i++)
            manager.BufferForStage("parse", "web", i);
        Assert.Equal(BackpressureKind.Pause, manager.GetSignal("web").Kind);
        using var subscription = manager.SubscribeSignals("web");
        manager.Hop(manager.GetBatch("parse", 5), null, "store", new[] { 1, 2, 3, 4, 5 });
        Assert.Equal(0, manager.GetSnapshot().Sources.Single(s => s.Source == "web").Level.Used);
        Assert.Equal(BackpressureSignal.None, manager.GetSignal("web"));
        Assert.Equal(BackpressureSignal.None, Last(subscription));
    }

    [Fact]
    public void A_source_continues_when_its_results_have_fewer_bytes()
    {
        var manager = new BufferManager<int>(
            new() { MaxBytesPerSource = 100, MaxBytesPerStage = 1_000 },
            new() { Clock = clock, SizeOf = static r => r }
        );
        manager.BufferForStage("parse", "web", 95);
        Assert.Equal(BackpressureKind.Pause, manager.GetSignal("web").Kind);
        manager.Hop(manager.GetBatch("parse", 5), null, "store", new[] { 1 });
        Assert.Equal(BackpressureSignal.None, manager.GetSignal("web"));
    }

    [Fact]
    public void A_source_continues_when_a_waiting_hop_is_cancelled()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 4, MaxPerSource = 4 }, new() { Clock = clock });
        for (var i = 0; i < 4; i++)
            manager.BufferForStage("store", "other", i);
        for (var i = 0; i < 4; i++)
            manager.BufferForStage("parse", "web", i);
        Assert.Equal(4, manager.Hop(manager.GetBatch("parse", 4), null, "store", new[] { 1, 2, 3, 4 }).Waiting);
        manager.ConfigureStage("store", new() { FullMode = FullMode.DropNewest });
        // Anything that frees room at all lets those who wait try again.
        manager.BufferForStage("parse", "third", 1);
        manager.Complete(manager.GetBatch("parse", 1));
        var snapshot = manager.GetSnapshot();
        Assert.Equal((0, 0), (snapshot.Total.Hopping, snapshot.Sources.Single(s => s.Source == "web").Level.Used));
        Assert.Equal(BackpressureSignal.None, manager.GetSignal("web"));
    }

    [Fact]
    public void Why_a_source_is_held_is_known_after_limits_were_lowered()
    {
        var manager = new BufferManager<int>(
            new() { MaxTotalRecords = 100, MaxPerSource = 100 },
            new() { Clock = clock }
        );
        for (var i = 0; i < 10; i++)
            manager.BufferForStage("parse", "web", i);
        manager.ChangeLimits(
            new()
            {
                MaxTotalRecords = 10,
                MaxPerSource = 10,
                MaxPerStage = 10,
            }
        );
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(BackpressureKind.Pause, manager.GetSignal("web").Kind);
        var reasons = manager.Explain("web");
        Assert.Equal(
            ["manager", "source web", "stage parse"],
            reasons.Select(r => r.Limit).Order(StringComparer.Ordinal)
        );
        Assert.All(reasons, r => Assert.Equal(TimeSpan.FromSeconds(3), r.Since));
    }

    static BackpressureSignal? Last(SignalSubscription subscription)
    {
        BackpressureSignal? last = null;
        while (subscription.TryRead(out var next))
            last = next;
        return last;
    }
}
