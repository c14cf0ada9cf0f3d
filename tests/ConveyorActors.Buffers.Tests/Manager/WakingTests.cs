using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Whoever waits is woken by what made its wait needless, with no other call to help.</summary>
public sealed class WakingTests
{
    readonly FakeClock clock = new();

    [Fact]
    public async Task One_offer_of_several_records_wakes_one_consumer_for_each_record()
    {
        var manager = new BufferManager<int>(
            new() { Stage = new() { LeaseOrder = LeaseOrder.Shared } },
            new() { Clock = clock }
        );
        var waiting = Enumerable.Range(0, 3).Select(_ => Within.Reason(manager.GetBatchAsync("parse", 1))).ToArray();
        manager.BufferBatchForStage("parse", "web", [1, 2, 3]);
        Assert.Equal([1, 2, 3], (await Task.WhenAll(waiting)).Select(l => l.GetRecord(0)).Order());
    }

    [Fact]
    public async Task The_lease_of_a_consumer_that_waited_returns_by_itself()
    {
        var manager = new BufferManager<int>(
            new()
            {
                Stage = new() { LeaseTimeout = TimeSpan.FromSeconds(5), Backoff = BackoffSettings.None },
            },
            new() { Clock = clock }
        );
        var waiting = manager.GetBatchAsync("parse", 1);
        manager.BufferForStage("parse", "web", 1);
        await Within.Reason(waiting);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((1, 0), (manager.GetSnapshot().Total.Buffered, manager.GetSnapshot().Total.InFlight));
    }

    [Fact]
    public async Task A_cancelled_offer_lets_a_smaller_offer_behind_it_in()
    {
        var manager = new BufferManager<int>(
            new()
            {
                MaxBytesPerStage = 10,
                Stage = new() { FullMode = FullMode.Wait },
            },
            new() { Clock = clock, SizeOf = static r => r }
        );
        manager.BufferForStage("parse", "web", 8);
        using var giveUp = new CancellationTokenSource();
        var large = manager.BufferForStageAsync("parse", "web", 5, cancellationToken: giveUp.Token);
        var small = manager.BufferForStageAsync("parse", "log", 2);
        Assert.False(small.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(large));
        Assert.True((await Within.Reason(small)).IsAccepted);
    }

    [Fact]
    public async Task A_hop_that_waits_when_the_manager_stops_gets_a_reply()
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 1 }, new() { Clock = clock });
        manager.BufferForStage("parse", "web", 1);
        var waiting = manager.HopAsync(
            manager.GetBatch("parse", new BatchRequest(1) { OneSource = true }),
            null,
            "store",
            new[] { 1, 2 }
        );
        Assert.False(waiting.IsCompleted);
        var report = await Within.Reason(manager.StopAsync(TimeSpan.Zero));
        Assert.Equal(2, report.Remaining);
        Assert.Equal(1, (await Within.Reason(waiting)).Waiting);
    }

    public enum Emptied
    {
        ByExpiry,
        ByANewRule,
        ByASmallerLimit,
        ByTheLastDrop,
    }

    [Theory]
    [InlineData(Emptied.ByExpiry)]
    [InlineData(Emptied.ByANewRule)]
    [InlineData(Emptied.ByASmallerLimit)]
    [InlineData(Emptied.ByTheLastDrop)]
    public async Task A_consumer_waits_at_a_stage_that_another_consumer_emptied(Emptied how)
    {
        var dropOldest = new StageSettings { FullMode = FullMode.DropOldest };
        var manager = new BufferManager<int>(new() { MaxPerStage = 4, Stage = dropOldest }, new() { Clock = clock });
        Lease<int>? held = null;
        switch (how)
        {
            case Emptied.ByExpiry:
                manager.ConfigureStage("parse", new() { TimeToLive = TimeSpan.FromMilliseconds(20) });
                manager.BufferBatchForStage("parse", "web", [1, 2]);
                clock.Advance(TimeSpan.FromMilliseconds(20));
                break;
            case Emptied.ByANewRule:
                manager.BufferBatchForStage("parse", "web", [1, 2]);
                manager.ConfigureStage("parse", new() { TimeToLive = TimeSpan.FromMilliseconds(20) });
                clock.Advance(TimeSpan.FromMilliseconds(30));
                break;
            case Emptied.ByASmallerLimit:
                manager.RequestCredits("parse", "log", 2, TimeSpan.FromMinutes(1)); // keeps the stage full
                manager.BufferBatchForStage("parse", "web", [1, 2]);
                manager.ChangeLimits(manager.Settings with { MaxPerStage = 2 });
                break;
            case Emptied.ByTheLastDrop:
                manager.BufferBatchForStage("parse", "web", [1, 2, 3, 4]);
                held = manager.GetBatch("parse", 2);
                manager.ChangeLimits(manager.Settings with { MaxPerStage = 2 });
                break;
        }
        // The call itself must return: on a thread of its own, since a consumer that wakes itself for ever would never
        // come back.
        ValueTask<Lease<int>> waiting = default;
        await Within.Reason(Within.Thread(() => waiting = manager.GetBatchAsync("parse", 1)));
        Assert.False(waiting.IsCompleted);
        if (held is not null)
            manager.Complete(held);
        manager.ChangeLimits(manager.Settings with { MaxPerStage = 4 });
        manager.BufferForStage("parse", "web", 5);
        Assert.Equal(5, (await Within.Reason(waiting)).GetRecord(0));
    }
}
