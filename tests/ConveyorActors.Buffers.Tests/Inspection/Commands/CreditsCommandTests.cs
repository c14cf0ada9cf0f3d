using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>The credits that are out, and those that could be granted.</summary>
public sealed class CreditsCommandTests : InspectedShop
{
    [Fact]
    public async Task Credits_are_listed_for_the_pipeline_and_each_source()
    {
        await Prints(
            "credits orders",
            """
            pipeline  orders
            limit     100
            used      7
            granted   0
            free      93

            SOURCE  LIMIT  USED  GRANTED  FREE  AVAILABLE
            mail       20     1        0    19         19
            web        20     6        0    14         14
            """
        );
    }

    [Fact]
    public async Task Credits_of_one_source_are_listed_alone()
    {
        await Prints(
            "credits orders mail",
            """
            pipeline  orders
            limit     100
            used      7
            granted   0
            free      93

            SOURCE  LIMIT  USED  GRANTED  FREE  AVAILABLE
            mail       20     1        0    19         19
            """
        );
    }

    [Fact]
    public async Task Credits_are_reported_under_the_limit_of_a_stage()
    {
        await Prints(
            "credits orders web --stage parse",
            """
            pipeline   orders
            source     web
            stage      parse
            available  5
            """
        );
    }

    [Fact]
    public async Task Granted_credits_are_reported_as_in_the_snapshot()
    {
        await Service.RequestCreditsAsync(Pipeline, "parse", "web", 4, TimeSpan.FromMinutes(1));
        var json = await Json("credits orders");
        var web = json.GetProperty("sources")[1];
        Assert.Equal((4, 4), (json.GetProperty("granted").GetInt32(), web.GetProperty("granted").GetInt32()));
        Assert.Equal(await Service.AvailableCreditsAsync(Pipeline, "web"), web.GetProperty("available").GetInt64());
    }

    [Fact]
    public async Task A_stage_without_a_source_and_unknown_names_are_refused()
    {
        await Refused(
            "credits orders --stage parse",
            2,
            "SOURCE is missing; with --stage it must be the name of a source"
        );
        await Refused(
            "credits orders fax",
            1,
            "SOURCE is 'fax', and there is no source in pipeline 'orders' of that name; it must be one of 'mail', 'web'"
        );
        await Refused(
            "credits orders web --stage prase",
            1,
            "--stage is 'prase', and there is no stage in pipeline 'orders' of that name; did you mean 'parse'?"
        );
    }
}
