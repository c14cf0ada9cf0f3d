namespace ConveyorActors.Buffers.Tests.Settings;

public sealed class BackoffSettingsTests
{
    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(3, 400)]
    [InlineData(7, 6_400)]
    [InlineData(8, 10_000)]
    [InlineData(1_000, 10_000)]
    [InlineData(1_000_000, 10_000)]
    public void Waits_double_from_the_first_to_the_longest(int retry, long milliseconds) =>
        Assert.Equal(milliseconds, new BackoffSettings().GetDelayMilliseconds(retry, 0));

    [Fact]
    public void Jitter_shortens_a_wait_by_at_most_its_share()
    {
        Assert.Equal(90, new BackoffSettings().GetDelayMilliseconds(1, 0.5));
        Assert.Equal(80, new BackoffSettings().GetDelayMilliseconds(1, 0.999999999));
        Assert.Equal(50, new BackoffSettings { Jitter = 1 }.GetDelayMilliseconds(1, 0.5));
        Assert.Equal(100, new BackoffSettings { Jitter = 0 }.GetDelayMilliseconds(1, 0.7));
    }

    [Fact]
    public void A_wait_of_none_does_not_wait() => Assert.Equal(0, BackoffSettings.None.GetDelayMilliseconds(30, 0.3));

    [Fact]
    public void The_first_wait_is_never_longer_than_the_longest() =>
        Assert.Equal(50, new BackoffSettings { Max = TimeSpan.FromMilliseconds(50) }.GetDelayMilliseconds(1, 0));

    [Fact]
    public void Returns_are_counted_from_one() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BackoffSettings().GetDelayMilliseconds(0, 0));
}
