using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Buffers.Tests.Inspection;

public sealed class WordSplitterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  why  orders\tweb ", "why|orders|web")]
    [InlineData("why 'the orders' \"it's\"", "why|the orders|it's")]
    [InlineData("a'b c'd ''", "ab cd|")]
    public void Words_are_separated_by_spaces_and_joined_by_quotes(string line, string words) =>
        Assert.Equal(words.Length == 0 ? [] : words.Split('|'), WordSplitter.Split(line));
}
