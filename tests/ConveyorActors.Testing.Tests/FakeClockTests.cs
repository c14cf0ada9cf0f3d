namespace ConveyorActors.Testing.Tests;

/// <summary>The clock that the contract is tested with keeps time itself.</summary>
public class FakeClockTests
{
    readonly FakeClock clock = new();
    readonly List<string> fired = [];

    [Fact]
    public void Time_stands_still_until_it_is_advanced()
    {
        var (date, stamp) = (clock.GetUtcNow(), clock.GetTimestamp());
        Assert.Equal((clock.Start, date), (clock.GetUtcNow(), clock.GetUtcNow()));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), clock.GetUtcNow() - date);
        Assert.Equal(TimeSpan.FromSeconds(2), clock.GetElapsedTime(stamp));
    }

    [Fact]
    public void Timers_fire_in_order_each_at_its_own_time()
    {
        Timer("late", 3);
        Timer("early", 1);
        Timer("never", 10);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["early at 1", "late at 3"], fired);
        Assert.Equal(1, clock.ArmedTimers);
    }

    [Fact]
    public void A_timer_with_a_period_fires_again_and_again_until_it_is_disposed()
    {
        var timer = Timer("tick", 1, period: 2);
        clock.Advance(TimeSpan.FromSeconds(5));
        timer.Dispose();
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["tick at 1", "tick at 3", "tick at 5"], fired);
    }

    [Fact]
    public void A_timer_may_be_set_again_by_its_callback()
    {
        ITimer? timer = null;
        timer = clock.CreateTimer(
            _ =>
            {
                fired.Add($"{(clock.GetUtcNow() - clock.Start).TotalSeconds}");
                timer!.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
            },
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan
        );
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["1", "5", "9"], fired);
        Assert.False(Disposed(timer).Change(TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public async Task Delays_and_bounded_waits_of_the_library_follow_the_test_clock()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(5), clock);
        var wait = new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromSeconds(6), clock);
        clock.Advance(TimeSpan.FromSeconds(5));
        await delay.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(wait.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<TimeoutException>(() => wait);
    }

    [Fact]
    public async Task Steps_of_several_threads_add_up()
    {
        Timer("tick", 1, period: 1);
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (var i = 0; i < 25; i++)
                            clock.Advance(TimeSpan.FromSeconds(1));
                    })
                )
        );
        Assert.Equal(TimeSpan.FromSeconds(100), clock.GetUtcNow() - clock.Start);
        Assert.Equal(100, fired.Count);
    }

    ITimer Timer(string name, double due, double? period = null) =>
        clock.CreateTimer(
            _ =>
            {
                lock (fired)
                    fired.Add($"{name} at {(clock.GetUtcNow() - clock.Start).TotalSeconds}");
            },
            null,
            TimeSpan.FromSeconds(due),
            period is { } p ? TimeSpan.FromSeconds(p) : Timeout.InfiniteTimeSpan
        );

    static ITimer Disposed(ITimer timer)
    {
        timer.Dispose();
        return timer;
    }
}
