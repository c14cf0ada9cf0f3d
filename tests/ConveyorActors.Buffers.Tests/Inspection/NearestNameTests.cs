using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Buffers.Tests.Inspection;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("ordres", "orders")]
    [InlineData("ORDERS", "orders")]
    [InlineData("order", "orders")]
    [InlineData("billings", "billing")]
    [InlineData("shipment-eu", "shipment-us")]
    [InlineData("x", null)]
    [InlineData("something else", null)]
    public void The_closest_name_is_found_if_few_letters_differ(string name, string? nearest) =>
        Assert.Equal(nearest, NearestName.Find(name, ["orders", "billing", "shipment-us"]));

    [Theory]
    [InlineData("rum", "run")]
    [InlineData("dmeo", "demo")]
    [InlineData("RUN", "run")]
    [InlineData("", null)]
    [InlineData("start", null)]
    [InlineData("completely-different", null)]
    public void A_mistyped_verb_is_guessed_where_it_is_like_one(string word, string? guess) =>
        Assert.Equal(guess, NearestName.Find(word, ["run", "demo", "bench"]));

    [Fact]
    public void A_word_in_which_every_letter_differs_is_not_suggested() =>
        Assert.Null(NearestName.Find("ab", ["cd", "e", ""]));

    [Fact]
    public void The_first_by_name_of_two_equally_close_names_is_suggested() =>
        Assert.Equal("stage-1", NearestName.Find("stage-9", ["stage-2", "stage-1"]));

    [Fact]
    public void A_very_long_word_is_ignored() =>
        Assert.Null(NearestName.Find(new string('a', 100_000), [new string('a', 99)]));

    [Theory]
    [InlineData("--pipeline", "--pipeline-name")]
    [InlineData("--max-in", null)] // two begin with it
    [InlineData("--p", null)] // too short to tell
    public void The_only_name_that_begins_with_the_given_one_is_the_nearest_if_no_other_is_near(
        string name,
        string? nearest
    ) => Assert.Equal(nearest, NearestName.Find(name, ["--pipeline-name", "--max-in-memory", "--max-in-flight-now"]));
}
