using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Usage;

public class SizeTextTests
{
    [Theory]
    [InlineData("512", 512)]
    [InlineData("512B", 512)]
    [InlineData("64KiB", 65_536)]
    [InlineData("64K", 65_536)]
    [InlineData("1.5MiB", 1_572_864)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("2GiB", 2_147_483_648)]
    public void Sizes_are_read_in_common_notations(string text, long bytes)
    {
        Assert.True(SizeText.TryRead(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1TiBB")]
    [InlineData("1e3")]
    [InlineData("9999999999999999999999GiB")]
    [InlineData("0x10")]
    public void Text_that_is_not_a_size_is_refused(string text) => Assert.False(SizeText.TryRead(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(812, "812 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1_500_000, "1.4 MiB")]
    [InlineData(209_715_200, "200 MiB")]
    public void Sizes_are_shown_in_short_form(long bytes, string shown) => Assert.Equal(shown, SizeText.Format(bytes));
}
