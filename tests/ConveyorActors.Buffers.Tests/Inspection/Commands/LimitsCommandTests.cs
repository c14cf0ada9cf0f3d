namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>Limits, shown and set.</summary>
public sealed class LimitsCommandTests : InspectedShop
{
    [Fact]
    public async Task Limits_in_force_are_shown()
    {
        await Prints(
            "limits show orders",
            """
            pipeline                orders
            max total records       100
            max per stage           10
            max per source          20
            max total bytes         -
            max bytes per stage     -
            max bytes per source    -
            backpressure threshold  0.8
            low watermark           0.6
            """
        );
    }

    [Fact]
    public async Task A_plan_of_new_limits_reports_the_effects_and_changes_nothing()
    {
        await Prints(
            "limits set orders --max-per-stage 3 --plan",
            """
            pipeline                orders
            max total records       100
            max per stage           3
            max per source          20
            max total bytes         -
            max bytes per stage     -
            max bytes per source    -
            backpressure threshold  0.8
            low watermark           0.6

            LEVEL        USED  NEW LIMIT  EVICTED  REFUSED UNTIL
            stage parse     5          3        0              3

            PAUSED SOURCE
            mail
            web

            Planned only: nothing was changed.
            """
        );
        await Prints(
            "limits show orders",
            """
            pipeline                orders
            max total records       100
            max per stage           10
            max per source          20
            max total bytes         -
            max bytes per stage     -
            max bytes per source    -
            backpressure threshold  0.8
            low watermark           0.6
            """
        );
    }

    [Fact]
    public async Task Limits_that_are_set_are_in_force_and_the_others_stay()
    {
        await Prints(
            "limits set orders --max-per-source=50 --max-total-bytes 1000 --low-watermark 0.5",
            """
            pipeline                orders
            max total records       100
            max per stage           10
            max per source          50
            max total bytes         1000
            max bytes per stage     -
            max bytes per source    -
            backpressure threshold  0.8
            low watermark           0.5

            Nothing is refused, evicted or paused by it. The limits are in force.
            """
        );
        await Prints(
            "limits set orders --max-total-bytes off --backpressure-threshold 0.9",
            """
            pipeline                orders
            max total records       100
            max per stage           10
            max per source          50
            max total bytes         -
            max bytes per stage     -
            max bytes per source    -
            backpressure threshold  0.9
            low watermark           0.5

            Nothing is refused, evicted or paused by it. The limits are in force.
            """
        );
    }

    [Fact]
    public async Task A_plan_of_a_limit_in_bytes_shows_the_bytes_of_the_levels_over_it()
    {
        await Prints(
            "limits set orders --max-bytes-per-stage 40 --plan",
            """
            pipeline                orders
            max total records       100
            max per stage           10
            max per source          20
            max total bytes         -
            max bytes per stage     40
            max bytes per source    -
            backpressure threshold  0.8
            low watermark           0.6

            LEVEL        USED  NEW LIMIT  USED BYTES  NEW LIMIT BYTES  EVICTED  REFUSED UNTIL
            stage parse     5         10          50               40        0              1

            PAUSED SOURCE
            mail
            web

            Planned only: nothing was changed.
            """
        );
    }

    [Fact]
    public async Task A_plan_in_JSON_is_the_plan_of_the_port_and_changes_nothing()
    {
        var before = (await Service.GetSnapshotAsync(Pipeline)).Settings!;
        var json = await Json("limits set orders --max-per-stage 3 --plan");
        var plan = await Service.PlanLimitsAsync(Pipeline, before with { MaxPerStage = 3 });
        var row = json.GetProperty("effects")[0];
        Assert.Equal(
            (
                plan.Rows[0].Level,
                plan.Rows[0].Used,
                plan.Rows[0].NewLimit,
                plan.Rows[0].Evicted,
                plan.Rows[0].RefusedUntil
            ),
            (
                row.GetProperty("level").GetString(),
                row.GetProperty("used").GetInt64(),
                row.GetProperty("newLimit").GetInt64(),
                row.GetProperty("evicted").GetInt64(),
                row.GetProperty("refusedUntil").GetInt64()
            )
        );
        Assert.Equal(
            plan.Paused,
            json.GetProperty("paused").EnumerateArray().Select(p => p.GetProperty("pausedSource").GetString())
        );
        Assert.True(json.GetProperty("planned").GetBoolean());
        Assert.Equal(before, (await Service.GetSnapshotAsync(Pipeline)).Settings);
    }

    [Fact]
    public async Task Limits_that_are_set_leave_the_settings_of_stages_alone()
    {
        Assert.False((await Json("limits set orders --max-per-stage 11")).GetProperty("planned").GetBoolean());
        var settings = (await Service.GetSnapshotAsync(Pipeline)).Settings!;
        Assert.Equal(
            (11, 20, 0, LeaseOrder.Shared),
            (settings.MaxPerStage, settings.MaxPerSource, settings.Stage.MaxRetries, settings.Stage.LeaseOrder)
        );
    }

    [Theory]
    [InlineData(
        "limits set orders",
        2,
        "ACTION is 'set', but no limit is given; give at least one, such as --max-per-stage N"
    )]
    [InlineData(
        "limits set orders --plan",
        2,
        "ACTION is 'set', but no limit is given; give at least one, such as --max-per-stage N"
    )]
    [InlineData("limits show orders --max-per-stage 3", 2, "ACTION is 'show'; with limits or --plan it must be set")]
    [InlineData(
        "limits set orders --max-per-stage 0",
        2,
        "--max-per-stage is '0'; it must be a whole number from 1 to 2000000000"
    )]
    [InlineData(
        "limits set orders --max-total-bytes on",
        2,
        "--max-total-bytes is 'on'; it must be a whole number from 1 to 9223372036854775807, or off"
    )]
    [InlineData(
        "limits set orders --low-watermark 0",
        2,
        "--low-watermark is '0'; it must be a number above 0 and below 1"
    )]
    [InlineData(
        "limits set orders --low-watermark 0.9",
        2,
        "--low-watermark would be 0.9 and --backpressure-threshold 0.8; the first must be the lower one"
    )]
    [InlineData(
        "limits set orders --max-per-stag 3",
        2,
        "--max-per-stag is not an option of limits; did you mean --max-per-stage?"
    )]
    public Task Errors_name_the_word_its_value_and_the_valid_values(string line, int exitCode, string sentence) =>
        Refused(line, exitCode, sentence);

    [Fact]
    public async Task Limits_of_a_stopped_pipeline_can_be_shown_but_not_set()
    {
        await Print("drain orders --deadline 0");
        Assert.Equal(10, (await Json("limits show orders")).GetProperty("maxPerStage").GetInt32());
        await Refused(
            "limits set orders --max-per-stage 3",
            1,
            "PIPELINE is 'orders', which has stopped; limits can be set while it runs"
        );
    }
}
