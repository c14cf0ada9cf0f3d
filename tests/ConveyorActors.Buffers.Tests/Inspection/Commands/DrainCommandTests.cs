namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>Stopping a pipeline.</summary>
public sealed class DrainCommandTests : InspectedShop
{
    [Fact]
    public async Task A_drained_pipeline_reports_the_remaining_records_of_each_stage()
    {
        await Prints(
            "drain orders --deadline 0",
            """
            pipeline   orders
            settled    0
            remaining  7
            durable    no

            STAGE  REMAINING
            parse          5
            store          2
            """
        );
    }

    [Fact]
    public async Task A_drained_pipeline_in_JSON_has_the_numbers_of_the_report()
    {
        var json = await Json("drain orders --deadline 0");
        var report = await Service.StopAsync(Pipeline, TimeSpan.Zero);
        Assert.Equal(
            (report.Settled, report.Remaining, report.IsDurable),
            (
                json.GetProperty("settled").GetInt64(),
                json.GetProperty("remaining").GetInt64(),
                json.GetProperty("durable").GetBoolean()
            )
        );
        Assert.Equal(
            report.RemainingByStage.Values.Order(),
            json.GetProperty("remainingByStage")
                .EnumerateArray()
                .Select(s => s.GetProperty("remaining").GetInt64())
                .Order()
        );
    }

    [Theory]
    [InlineData(
        "drain orders --deadline -1",
        "--deadline is '-1'; it must be a number of seconds from 0 to 1000000000"
    )]
    [InlineData(
        "drain orders --deadline 5m",
        "--deadline is '5m'; it must be a number of seconds from 0 to 1000000000"
    )]
    [InlineData("drain orders --deadline", "--deadline has no value; it must be followed by SECONDS")]
    public Task A_deadline_that_is_not_a_number_of_seconds_is_refused(string line, string sentence) =>
        Refused(line, 2, sentence);
}
