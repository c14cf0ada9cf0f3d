using ConveyorActors.Cli.Progress;

namespace ConveyorActors.Cli.Tests.Progress;

public sealed class PlainLineTests
{
    [Theory]
    [InlineData(0, "0%")]
    [InlineData(0.001, "<1%")]
    [InlineData(0.01, "1%")]
    [InlineData(0.999, "99%")]
    [InlineData(1, "100%")]
    public void Only_what_is_empty_is_0_percent_and_only_what_is_full_is_100(double share, string text) =>
        Assert.Equal(text, PlainLine.FormatPercent(share));
}
