namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>The sources of a pipeline.</summary>
public sealed class SourcesCommandTests : InspectedShop
{
    [Fact]
    public async Task Sources_are_listed_with_their_signals_and_numbers()
    {
        await Prints(
            "sources orders",
            """
            SOURCE  SIGNAL  DELAY SECONDS  BUFFERED  IN FLIGHT  GRANTED  USED  LIMIT  FILL  OLDEST SECONDS  REFUSED  COMPLETED  CREDITS
            mail    None                0         1          0        0     1     20  0.05              20        0          0       19
            web     None                0         5          1        0     6     20   0.3              20        0          0       14
            """
        );
    }

    [Fact]
    public async Task A_held_source_is_paused_and_listed()
    {
        await Prints("pause orders source web", "Source 'web' of pipeline 'orders' is held.");
        await Prints(
            "sources orders",
            """
            SOURCE  SIGNAL  DELAY SECONDS  BUFFERED  IN FLIGHT  GRANTED  USED  LIMIT  FILL  OLDEST SECONDS  REFUSED  COMPLETED  CREDITS
            mail    None                0         1          0        0     1     20  0.05              20        0          0       19
            web     Pause               0         5          1        0     6     20   0.3              20        0          0        0

            TARGET  NAME  SINCE
            source  web   2030-01-01T12:00:20.000Z
            """
        );
    }

    [Fact]
    public async Task Every_number_of_a_source_is_that_of_its_snapshot()
    {
        var rows = (await Json("sources orders")).GetProperty("sources");
        foreach (var (row, source) in rows.EnumerateArray().Zip((await Service.GetSnapshotAsync(Pipeline)).Sources))
        {
            Assert.Equal(
                (source.Source, "None", 0),
                (
                    row.GetProperty("source").GetString(),
                    row.GetProperty("signal").GetString(),
                    row.GetProperty("delaySeconds").GetDouble()
                )
            );
            Numbers.AreThoseOf(source.Level, row);
            Assert.Equal(source.AvailableCredits, row.GetProperty("credits").GetInt64());
        }
    }

    [Fact]
    public async Task A_delay_is_shown_in_seconds()
    {
        await Service.ConfigureAsync(Pipeline, new() { MaxPerSource = 9 });
        var web = (await Json("sources orders")).GetProperty("sources")[1];
        Assert.Equal("SlowDown", web.GetProperty("signal").GetString());
        Assert.Equal(
            (await Service.GetSignalAsync(Pipeline, "web")).Delay.TotalSeconds,
            web.GetProperty("delaySeconds").GetDouble()
        );
    }
}
