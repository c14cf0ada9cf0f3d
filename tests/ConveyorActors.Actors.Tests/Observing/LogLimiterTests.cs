using ConveyorActors.Actors.Observing;
using ConveyorActors.Testing;

namespace ConveyorActors.Actors.Tests.Observing;

public class LogLimiterTests
{
    [Fact]
    public void One_log_entry_per_period_has_the_count_of_all_entries()
    {
        FakeClock clock = new();
        LogLimiter limiter = new(TimeSpan.FromMinutes(1), clock);
        Assert.True(limiter.TryLog(3, out var total));
        Assert.Equal(3, total);
        for (var i = 0; i < 10; i++)
            Assert.False(limiter.TryLog(2, out _));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(limiter.TryLog(1, out _));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limiter.TryLog(4, out total));
        Assert.Equal(25, total);
        Assert.False(limiter.TryLog(1, out _));
    }
}
