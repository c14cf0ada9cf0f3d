using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Usage;

public class NearestTests
{
    [Theory]
    [InlineData("rum", "run")]
    [InlineData("dmeo", "demo")]
    [InlineData("RUN", "run")]
    public void A_mistyped_word_is_guessed(string word, string guess) => Assert.Equal(guess, Nearest.To(word, ["run", "demo", "bench"]));

    [Theory]
    [InlineData("")]
    [InlineData("start")]
    [InlineData("completely-different")]
    public void What_is_like_nothing_is_not_guessed(string word) => Assert.Null(Nearest.To(word, ["run", "demo", "bench"]));
}
