namespace ConveyorActors.Buffers.Tests;

public sealed class ShortTextTests
{
    [Fact]
    public void A_long_text_is_shown_with_its_beginning_and_its_length()
    {
        var longest = new string('a', 100);
        Assert.Equal(("", longest), (ShortText.Create(""), ShortText.Create(longest)));
        Assert.Equal($"{longest}... (200,000 characters)", ShortText.Create(new string('a', 200_000)));
    }

    [Fact]
    public void A_text_is_not_cut_inside_a_character()
    {
        var text = new string('a', 99) + string.Concat(Enumerable.Repeat("\U0001F600", 100));
        Assert.Equal($"{new string('a', 99)}... (299 characters)", ShortText.Create(text));
    }
}
