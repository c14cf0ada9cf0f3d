using ConveyorActors.Persistence.Writing;
using ConveyorActors.Testing;

namespace ConveyorActors.Persistence.Tests.Writing;

public sealed class OutageLogTests
{
    readonly FakeClock clock = new();

    [Fact]
    public void Each_of_the_reasons_of_an_outage_is_logged_once_a_minute()
    {
        var log = new OutageLog(clock);
        var logged = new List<string>();
        for (var second = 0; second < 180; second++)
        {
            var reason = second % 2 == 0 ? "connection refused" : "circuit breaker is open";
            if (log.IsNews(reason))
                logged.Add($"{second} {reason}");
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(
            [
                "0 connection refused",
                "1 circuit breaker is open",
                "60 connection refused",
                "61 circuit breaker is open",
                "120 connection refused",
                "121 circuit breaker is open",
            ],
            logged
        );
    }

    [Fact]
    public void The_same_reason_is_logged_again_in_another_outage()
    {
        var log = new OutageLog(clock);
        Assert.True(log.IsNews("connection refused"));

        log.Begin();

        Assert.True(log.IsNews("connection refused"));
        Assert.False(log.IsNews("connection refused"));
    }

    [Fact]
    public void Reasons_that_differ_each_time_do_not_take_more_and_more_memory()
    {
        var log = new OutageLog(clock);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var number = 0; number < 10_000; number++)
            Assert.True(log.IsNews(Reasons[number % 100]));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    static readonly string[] Reasons = [.. Enumerable.Range(0, 100).Select(n => $"timeout after {n} ms")];
}
