using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Tests.Lines;

public class QuantityTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1_500, "1,500 bytes")]
    [InlineData(1 << 20, "1 MiB")]
    [InlineData((1 << 20) + 1, "1,048,577 bytes")]
    public void A_size_has_groups_of_digits_and_the_right_number(long bytes, string text) =>
        Assert.Equal(text, Quantity.FormatSize(bytes));
}
