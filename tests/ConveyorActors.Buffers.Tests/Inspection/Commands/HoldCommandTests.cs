using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>Holding by hand, and letting go on.</summary>
public sealed class HoldCommandTests : InspectedShop
{
    [Fact]
    public async Task Pausing_reports_the_held_target_and_resuming_reports_the_released_one()
    {
        await Prints("pause orders source web", "Source 'web' of pipeline 'orders' is held.");
        await Prints("pause orders stage parse", "Stage 'parse' of pipeline 'orders' is held.");
        await Prints("resume orders source web", "Source 'web' of pipeline 'orders' is resumed.");
        await Prints("resume orders stage parse", "Stage 'parse' of pipeline 'orders' is resumed.");
    }

    [Fact]
    public async Task Pausing_twice_reports_the_time_of_the_first_hold()
    {
        await Prints("pause orders source web", "Source 'web' of pipeline 'orders' is held.");
        Clock.Advance(TimeSpan.FromSeconds(5));
        await Prints(
            "pause orders source web",
            "Source 'web' of pipeline 'orders' was held already, since 2030-01-01T12:00:20.000Z."
        );
    }

    [Fact]
    public async Task Pausing_an_unknown_target_reports_it_and_suggests_a_name()
    {
        await Prints(
            "pause orders source wep",
            "Source 'wep' of pipeline 'orders' does not exist yet; it is held once it is created. Did you mean 'web'?"
        );
        await Prints(
            "pause orders stage shipping",
            "Stage 'shipping' of pipeline 'orders' does not exist yet; it is held once it is created."
        );
    }

    [Fact]
    public async Task Resuming_a_target_that_is_not_held_is_reported()
    {
        await Prints("resume orders source web", "Source 'web' of pipeline 'orders' was not held.");
    }

    [Theory]
    [InlineData("source", "web", HoldTarget.Source)]
    [InlineData("stage", "parse", HoldTarget.Stage)]
    public async Task A_hold_in_JSON_shows_whether_it_changed_and_is_in_force(
        string word,
        string name,
        HoldTarget target
    )
    {
        var first = await Json($"pause orders {word} {name}");
        Assert.Equal(
            (word, name, true, true),
            (
                first.GetProperty("target").GetString(),
                first.GetProperty("name").GetString(),
                first.GetProperty("held").GetBoolean(),
                first.GetProperty("changed").GetBoolean()
            )
        );
        Assert.False((await Json($"pause orders {word} {name}")).GetProperty("changed").GetBoolean());
        Assert.Equal([new(target, name, Clock.GetUtcNow())], (await Service.GetSnapshotAsync(Pipeline)).Holds);
        var last = await Json($"resume orders {word} {name}");
        Assert.Equal((false, true), (last.GetProperty("held").GetBoolean(), last.GetProperty("changed").GetBoolean()));
        Assert.Empty((await Service.GetSnapshotAsync(Pipeline)).Holds);
    }

    [Theory]
    [InlineData(
        "pause orders",
        2,
        "TARGET is missing; it must be source or stage: pause PIPELINE source|stage NAME [--json]"
    )]
    [InlineData("pause orders web", 2, "TARGET is 'web'; it must be one of source, stage")]
    [InlineData(
        "pause orders sauce web",
        2,
        "TARGET is 'sauce'; it must be one of source, stage; did you mean 'source'?"
    )]
    [InlineData(
        "pause orders source",
        2,
        "NAME is missing; it must be the name of a source or stage: pause PIPELINE source|stage NAME [--json]"
    )]
    [InlineData(
        "pause order source web",
        1,
        "PIPELINE is 'order', and there is no pipeline of that name; did you mean 'orders'?"
    )]
    [InlineData(
        "resume orders stage prase",
        1,
        "NAME is 'prase', and there is no stage in pipeline 'orders' of that name; did you mean 'parse'?"
    )]
    public Task Errors_name_the_word_its_value_and_the_valid_values(string line, int exitCode, string sentence) =>
        Refused(line, exitCode, sentence);

    [Fact]
    public async Task A_hold_does_not_create_a_wrong_pipeline()
    {
        await Run("pause order source web");
        Assert.Equal([Pipeline], await Service.GetPipelinesAsync());
    }
}
