using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Usage;

public class CountTextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(812, "812")]
    [InlineData(1234, "1.2k")]
    [InlineData(34_000, "34.0k")]
    [InlineData(340_000, "340k")]
    [InlineData(5_600_000, "5.6M")]
    public void Rates_are_shown_in_short_form(double count, string shown) =>
        Assert.Equal(shown, CountText.FormatShort(count));

    [Fact]
    public void Counts_are_shown_with_all_digits() => Assert.Equal("1,234,567", CountText.FormatExact(1_234_567));

    [Fact]
    public void One_has_a_singular_unit()
    {
        Assert.Equal("1 line", CountText.FormatWithNoun(1, "line"));
        Assert.Equal("2 lines", CountText.FormatWithNoun(2, "line"));
    }
}
