using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>What time brings comes without any call: only the clock is moved.</summary>
public sealed class TimingTests
{
    readonly FakeClock clock = new();

    [Fact]
    public async Task A_lease_past_its_deadline_returns_and_a_waiting_consumer_gets_its_records()
    {
        var manager = NewManager(new() { LeaseTimeout = TimeSpan.FromSeconds(30), Backoff = BackoffSettings.None });
        manager.BufferForStage("parse", "web", 1);
        manager.GetBatch("parse", 1);
        var waiting = manager.GetBatchAsync("parse", 1);
        clock.Advance(TimeSpan.FromMilliseconds(29_999));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var lease = await Within.Reason(waiting);
        Assert.Equal((1, 1), (lease[0].Record, lease[0].RetryCount));
    }

    [Fact]
    public async Task A_backoff_that_ends_wakes_a_waiting_consumer()
    {
        var manager = NewManager(
            new()
            {
                Backoff = new() { First = TimeSpan.FromSeconds(10), Jitter = 0 },
            }
        );
        manager.BufferForStage("parse", "web", 1);
        manager.ReturnToBuffer(manager.GetBatch("parse", 1), "failed");
        var waiting = manager.GetBatchAsync("parse", 1);
        clock.Advance(TimeSpan.FromMilliseconds(9_999));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await Within.Reason(waiting))[0].RetryCount);
    }

    [Fact]
    public async Task Credits_that_expire_make_room_for_an_offer_that_waits()
    {
        var manager = NewManager(new() { FullMode = FullMode.Wait }, maxPerStage: 2);
        Assert.Equal(2, manager.RequestCredits("parse", "web", 5, TimeSpan.FromSeconds(5)).Records);
        var waiting = manager.BufferForStageAsync("parse", "log", 7);
        clock.Advance(TimeSpan.FromMilliseconds(4_999));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True((await Within.Reason(waiting)).IsAccepted);
        Assert.Equal(0, manager.GetSnapshot().Total.Granted);
    }

    [Fact]
    public async Task Expired_records_make_room_for_a_waiting_offer_and_are_counted()
    {
        var manager = NewManager(
            new() { FullMode = FullMode.Wait, TimeToLive = TimeSpan.FromSeconds(5) },
            maxPerStage: 2
        );
        manager.BufferBatchForStage("parse", "web", [1, 2]);
        var waiting = manager.BufferForStageAsync("parse", "log", 7);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True((await Within.Reason(waiting)).IsAccepted);
        var snapshot = manager.GetSnapshot();
        Assert.Equal((2, 1), (snapshot.Total.Expired, snapshot.Total.Buffered));
        Assert.Contains(new LossRow("parse", "web", LossReason.Expired, 2), snapshot.Losses);
    }

    [Fact]
    public void A_new_time_to_live_applies_to_records_that_already_wait()
    {
        var manager = NewManager(new());
        manager.BufferForStage("parse", "web", 1);
        clock.Advance(TimeSpan.FromSeconds(3));
        manager.ConfigureStage("parse", new() { TimeToLive = TimeSpan.FromSeconds(5) });
        clock.Advance(TimeSpan.FromMilliseconds(1_999));
        Assert.Equal(1, manager.GetSnapshot().Total.Buffered);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((0, 1), (manager.GetSnapshot().Total.Buffered, manager.GetSnapshot().Total.Expired));
    }

    [Fact]
    public void Removing_a_time_to_live_keeps_the_waiting_records()
    {
        var manager = NewManager(new() { TimeToLive = TimeSpan.FromSeconds(5) });
        manager.BufferForStage("parse", "web", 1);
        manager.ConfigureStage("parse", new());
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((1, 0), (manager.GetSnapshot().Total.Buffered, manager.GetSnapshot().Total.Expired));
    }

    [Fact]
    public void Renewing_moves_the_deadline_and_the_timer_with_it()
    {
        var manager = NewManager(new() { LeaseTimeout = TimeSpan.FromSeconds(30) });
        manager.BufferForStage("parse", "web", 1);
        var lease = manager.GetBatch("parse", 1);
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True(manager.Renew(lease).IsOk);
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, manager.GetSnapshot().Total.InFlight);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 1), (manager.GetSnapshot().Total.InFlight, manager.GetSnapshot().Total.Buffered));
        Assert.Equal(SettleStatus.LeaseExpired, manager.Complete(lease).Status);
    }

    [Fact]
    public void Leases_of_different_lengths_each_return_at_their_own_deadline()
    {
        var manager = NewManager(new() { Backoff = BackoffSettings.None, LeaseOrder = LeaseOrder.Shared });
        int[] seconds = [50, 10, 40, 20, 30];
        manager.BufferBatchForStage("parse", "web", seconds);
        foreach (var length in seconds)
            manager.GetBatch("parse", new BatchRequest(1) { Timeout = TimeSpan.FromSeconds(length) });
        for (var back = 1; back <= 5; back++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(back, manager.GetSnapshot().Total.Buffered);
        }
        Assert.Equal(seconds, manager.Peek("parse", 5).Select(r => r.Record));
    }

    [Fact]
    public void An_offer_that_read_the_clock_before_a_later_one_entered_is_not_older()
    {
        var overtaken = new OvertakenClock();
        var manager = new BufferManager<int>(new(), new() { Clock = overtaken });
        manager.BufferForStage("parse", "web", 1);
        overtaken.Overtake = () =>
        {
            overtaken.Milliseconds += 10_000;
            manager.BufferForStage("parse", "web", 2);
        };
        manager.BufferForStage("parse", "web", 3);
        var peeked = manager.Peek("parse", 9);
        Assert.Equal([1, 2, 3], peeked.Select(r => r.Record));
        Assert.Equal([0, 10_000, 10_000], peeked.Select(r => (r.BufferedAt - peeked[0].BufferedAt).TotalMilliseconds));
    }

    /// <summary>A clock that lets another call go first after it was read once.</summary>
    sealed class OvertakenClock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public Action? Overtake { get; set; }

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp()
        {
            var now = Milliseconds;
            var overtake = Overtake;
            Overtake = null;
            overtake?.Invoke();
            return now;
        }
    }

    BufferManager<int> NewManager(StageSettings stage, int maxPerStage = 100) =>
        new(new() { MaxPerStage = maxPerStage, Stage = stage }, new() { Clock = clock });
}
