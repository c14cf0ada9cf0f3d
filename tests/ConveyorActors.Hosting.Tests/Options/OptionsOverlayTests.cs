using ConveyorActors.Hosting.Options;

namespace ConveyorActors.Hosting.Tests.Options;

public sealed class OptionsOverlayTests
{
    readonly List<string> errors = [];

    [Fact]
    public void An_option_with_a_value_sets_it_and_an_option_without_a_value_changes_nothing()
    {
        var settings = Over(new() { MaxPerStage = 7 })
            .Set("MaxPerSource", (int?)3, static (s, v) => s with { MaxPerSource = v })
            .Set("MaxPerStage", (int?)null, static (s, v) => s with { MaxPerStage = v })
            .Settings;

        Assert.Equal((7, 3), (settings.MaxPerStage, settings.MaxPerSource));
        Assert.Empty(errors);
    }

    [Fact]
    public void A_value_that_is_refused_is_an_error_with_its_key_and_the_next_is_set()
    {
        var settings = Over(new() { MaxPerStage = 7 })
            .Set("MaxPerStage", (int?)0, static (s, v) => s with { MaxPerStage = v })
            .Set("MaxPerSource", (int?)3, static (s, v) => s with { MaxPerSource = v })
            .Settings;

        Assert.Equal((7, 3), (settings.MaxPerStage, settings.MaxPerSource));
        Assert.StartsWith("Conveyor:MaxPerStage is 0; it must be", Assert.Single(errors), StringComparison.Ordinal);
    }

    OptionsOverlay<BufferSettings> Over(BufferSettings settings) => new("Conveyor", settings, errors);
}
