using System.Text.Json;

namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>Why a source is held.</summary>
public sealed class WhyCommandTests : InspectedShop
{
    [Fact]
    public async Task A_source_that_is_not_held_is_reported_so()
    {
        await Prints(
            "why orders web",
            """
            pipeline       orders
            source         web
            signal         None
            delay seconds  0

            Nothing holds it.
            """
        );
    }

    [Fact]
    public async Task A_source_of_a_stopped_pipeline_is_told_that_no_records_are_accepted()
    {
        await Service.StopAsync(Pipeline, TimeSpan.Zero);
        await Prints(
            "why orders web",
            """
            pipeline       orders
            source         web
            signal         None
            delay seconds  0

            The pipeline accepts no records: its state is Stopped.
            """
        );
    }

    [Fact]
    public async Task A_source_held_by_a_limit_sees_the_limit_and_the_consumer_that_holds_the_room()
    {
        await Prints(
            "limits set orders --max-per-stage 5",
            """
            pipeline                orders
            max total records       100
            max per stage           5
            max per source          20
            max total bytes         -
            max bytes per stage     -
            max bytes per source    -
            backpressure threshold  0.8
            low watermark           0.6

            PAUSED SOURCE
            mail
            web

            The limits are in force.
            """
        );
        Clock.Advance(TimeSpan.FromSeconds(2));
        await Prints(
            "why orders web",
            """
            pipeline       orders
            source         web
            signal         Pause
            delay seconds  0

            LIMIT        USED  OF  FILL  SINCE SECONDS  OWED BY   OWED RECORDS  OWED SECONDS  EXPECTED IN SECONDS
            stage parse     5   5     1              2  worker-1             1            22  -
            """
        );
    }

    [Fact]
    public async Task A_source_held_by_a_limit_in_bytes_sees_its_bytes()
    {
        // parse has four records of 10 bytes that wait, and one in flight.
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 1_000, MaxBytesPerStage = 40 });

        Assert.EndsWith(
            "\nstage parse holds 50 of 40 bytes; the fill is by records or by bytes, whichever is more.",
            await Print("why orders web"),
            StringComparison.Ordinal
        );
        var row = (await Json("why orders web")).GetProperty("reasons")[0];
        Assert.Equal((50, 40), (row.GetProperty("usedBytes").GetInt64(), row.GetProperty("ofBytes").GetInt64()));
    }

    [Fact]
    public async Task A_source_held_by_an_operator_sees_the_hold_and_its_time()
    {
        await Prints("pause orders source web", "Source 'web' of pipeline 'orders' is held.");
        await Prints("pause orders stage parse", "Stage 'parse' of pipeline 'orders' is held.");
        Clock.Advance(TimeSpan.FromSeconds(5));
        await Prints(
            "why orders web",
            """
            pipeline       orders
            source         web
            signal         Pause
            delay seconds  0

            LIMIT                USED  OF  FILL  SINCE SECONDS  OWED BY  OWED RECORDS  OWED SECONDS  EXPECTED IN SECONDS
            hold on source web      6  20   0.3              5  -        -             -             -
            hold on stage parse     5  10   0.5              5  -        -             -             -

            TARGET  NAME   SINCE
            stage   parse  2030-01-01T12:00:20.000Z
            """
        );
    }

    [Fact]
    public async Task A_held_source_that_does_not_exist_yet_is_signalled_that_it_is_held()
    {
        await Prints(
            "pause orders source fax",
            "Source 'fax' of pipeline 'orders' does not exist yet; it is held once it is created."
        );
        await Prints(
            "why orders fax",
            """
            pipeline       orders
            source         fax
            signal         Pause
            delay seconds  0

            LIMIT               USED  OF  FILL  SINCE SECONDS  OWED BY  OWED RECORDS  OWED SECONDS  EXPECTED IN SECONDS
            hold on source fax     0  20     0              0  -        -             -             -
            """
        );
    }

    [Fact]
    public async Task The_reasons_in_JSON_are_those_of_the_port()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerStage = 5 });
        Clock.Advance(TimeSpan.FromSeconds(2));
        var row = (await Json("why orders web")).GetProperty("reasons")[0];
        var reason = (await Service.ExplainAsync(Pipeline, "web"))[0];
        Assert.Equal(
            (reason.Limit, reason.Used, reason.Of, reason.Fill, reason.Since.TotalSeconds),
            (
                row.GetProperty("limit").GetString(),
                row.GetProperty("used").GetInt64(),
                row.GetProperty("of").GetInt64(),
                row.GetProperty("fill").GetDouble(),
                row.GetProperty("sinceSeconds").GetDouble()
            )
        );
        Assert.Equal(
            ("worker-1", 1, false),
            (
                row.GetProperty("owedBy").GetString(),
                row.GetProperty("owedRecords").GetInt32(),
                row.GetProperty("byOperator").GetBoolean()
            )
        );
        Assert.Equal(JsonValueKind.Null, row.GetProperty("expectedInSeconds").ValueKind);
    }

    [Fact]
    public Task A_source_that_does_not_exist_is_refused_with_the_nearest_name() =>
        Refused(
            "why orders wbe",
            1,
            "SOURCE is 'wbe', and there is no source in pipeline 'orders' of that name; did you mean 'web'?"
        );
}
