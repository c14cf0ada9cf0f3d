using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Usage;

public class PrintableTests
{
    [Fact]
    public void Control_characters_do_not_reach_the_terminal() =>
        Assert.Equal("'a?[31mb?'", Printable.Quote("a\e[31mb\n"));

    [Fact]
    public void Long_texts_are_cut() => Assert.Equal("aaaaa...", Printable.Sanitize(new string('a', 100), 5));
}
