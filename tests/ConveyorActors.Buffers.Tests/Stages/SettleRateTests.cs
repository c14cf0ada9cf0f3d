using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class SettleRateTests
{
    SettleRate rate;

    [Fact]
    public void A_steady_rate_is_reported_exactly()
    {
        for (var ms = 0; ms < 20_000; ms += 100)
            rate.Add(10, ms);
        for (var ms = 20_000; ms < 30_000; ms += 100)
        {
            rate.Add(10, ms);
            Assert.InRange(rate.GetRatePerSecond(ms), 95, 105);
        }
    }

    [Fact]
    public void A_rate_falls_to_zero_within_two_windows()
    {
        for (var ms = 0; ms < 10_000; ms += 100)
            rate.Add(10, ms);
        Assert.InRange(rate.GetRatePerSecond(9_999), 90, 110);
        var half = rate.GetRatePerSecond(12_500);
        Assert.InRange(half, 30, 70);
        Assert.Equal(0, rate.GetRatePerSecond(20_000));
    }

    [Fact]
    public void Without_settlements_there_is_no_rate() => Assert.Equal(0, rate.GetRatePerSecond(123_456));

    [Fact]
    public void A_burst_that_ended_long_ago_no_longer_counts()
    {
        rate.Add(1_000_000, 1_000);
        rate.Add(5, 1_000_000);
        Assert.Equal(1, rate.GetRatePerSecond(1_000_000));
    }
}
