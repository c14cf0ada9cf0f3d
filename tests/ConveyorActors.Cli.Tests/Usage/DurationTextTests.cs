using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Usage;

public class DurationTextTests
{
    [Theory]
    [InlineData("1ms", 1)]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("3h", 10_800_000)]
    [InlineData("40d", 3_456_000_000)]
    public void Durations_are_read_in_common_notations(string text, long milliseconds)
    {
        Assert.True(DurationText.TryRead(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("0s")]
    [InlineData("0.1ms")]
    [InlineData("1.2.3s")]
    [InlineData("41d")]
    [InlineData("99999999999999999999999999d")]
    [InlineData("5s5s")]
    public void Text_that_is_not_a_duration_is_refused(string text) => Assert.False(DurationText.TryRead(text, out _));

    [Theory]
    [InlineData(0.34, "340 ms")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(59.99, "0m 59s")]
    [InlineData(245, "4m 05s")]
    [InlineData(7380, "2h 03m")]
    public void Durations_are_shown_in_short_form(double seconds, string shown) =>
        Assert.Equal(shown, DurationText.Format(TimeSpan.FromSeconds(seconds)));
}
