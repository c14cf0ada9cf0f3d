using System.Text.Json;
using ConveyorActors.Cli.Top;
using Spectre.Console;

namespace ConveyorActors.Cli.Tests.Top;

public class TopDrawingTests
{
    static readonly Uri Server = new("http://127.0.0.1:7070/");

    [Fact]
    public void A_pipeline_is_shown_with_its_stages_its_sources_and_its_balance()
    {
        var lines = Drawn(Busy()).Split('\n', StringSplitOptions.TrimEntries);

        Assert.Equal("orders  Running  pending 2,500 of 100,000 (2%)  oldest 5.5 s", lines[0]);
        Assert.Equal("in 1.2k/s  out 913/s  refused 199/s  in flight 361  leases 3  dead letters 22", lines[1]);
        Assert.Equal(
            "9,000 offered = 6,000 settled + 478 refused + 22 dead-lettered + 2,500 pending: adds up ✓",
            $"{lines[2]} {lines[3]}"
        );
        Assert.Matches("^stage +fill +pending +in flight +oldest +in/s +out/s +leases +dead$", lines[4]);
        Assert.Matches("^parse +████████ +100% +2.0k +100 +5.5 s +300 +299 +1 +22$", lines[5]);
        Assert.Matches("^source +signal +pending +of +credits +in/s +oldest$", lines[6]);
        Assert.Matches(@"^web +SlowDown\(77 ms\) +1.9k +5.0k +3.1k +316 +5.5 s$", lines[7]);
        Assert.Equal("http://127.0.0.1:7070/: live", lines[9]);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(10_000)]
    public void No_line_is_wider_than_the_terminal(int width)
    {
        var text = Drawn(Busy(name: new string('n', 200)), width);

        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= Math.Min(width, 120), line));
        Assert.Matches("n{8,}", text);
    }

    [Fact]
    public void A_level_that_does_not_add_up_is_reported_prominently() =>
        Assert.Contains("DOES NOT ADD UP", Drawn(Busy(conserved: false)), StringComparison.Ordinal);

    [Fact]
    public void Errors_of_the_server_are_shown_below_the_last_numbers()
    {
        var text = Drawn(Busy() with { Error = "the server cannot be reached; connecting again" });

        Assert.Contains("parse", text, StringComparison.Ordinal);
        Assert.Contains(
            "http://127.0.0.1:7070/: the server cannot be reached; connecting again",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_password_in_the_URL_of_the_server_is_not_shown()
    {
        var text = Drawn(Busy() with { Server = new("http://me:secret@127.0.0.1:7070/") });

        Assert.Contains("http://127.0.0.1:7070/: live", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_never_read_as_markup() =>
        Assert.Contains("[red]x[/]?", Drawn(Busy(name: "[red]x[/]\e[2J"), 120), StringComparison.Ordinal);

    [Fact]
    public void Without_unicode_nothing_but_ASCII_is_drawn() =>
        Assert.All(Drawn(Busy(), unicode: false), c => Assert.True(char.IsAscii(c)));

    [Fact]
    public void Held_sources_are_shown_and_the_others_are_counted()
    {
        var text = Drawn(Busy(sources: 30), mostSources: 2);

        Assert.Contains("web", text, StringComparison.Ordinal);
        Assert.Contains("and 29 other sources, 0 of them held", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_a_signal_is_shown_before_the_next_numbers()
    {
        var state = Busy()
            .Apply("signal", Json("""{"pipeline":"orders","source":"web","signal":"Pause","delayMs":0}"""));

        Assert.Matches("web +Pause", Drawn(state));
    }

    [Fact]
    public void A_pipeline_that_no_longer_exists_when_the_stream_restarts_is_not_shown()
    {
        var state = Busy().Apply("state", Json("""{"readOnly":false,"pipelines":[]}"""));

        Assert.Contains("the server has no pipeline yet", Drawn(state), StringComparison.Ordinal);
    }

    static TopState Busy(string name = "web", bool conserved = true, int sources = 1) =>
        TopState
            .Create(Server)
            .Apply(
                "rates",
                Json(
                    $$"""
                    {"pipeline":"orders","state":"Running","conserved":{{(
                        conserved ? "true" : "false"
                    )}},"sources":{{sources}},"held":1,"deadLetters":22,"leases":3,
                     "fill":0.025,"limit":100000,"pending":2500,"inFlight":361,"oldestSeconds":5.5,"offered":9000,"completed":6000,"refused":478,"dropped":0,"expired":0,"deadLettered":22,
                     "acceptedPerSecond":1234,"completedPerSecond":912.7,"refusedPerSecond":198.7,
                     "stages":[{"stage":"parse","deadLetters":22,"leases":1,"fill":1,"limit":2000,"pending":2000,"inFlight":100,"oldestSeconds":5.5,"acceptedPerSecond":300,"completedPerSecond":299,"refusedPerSecond":0}],
                     "topSources":[{"source":{{JsonSerializer.Serialize(
                        name
                    )}},"signal":"SlowDown","delayMs":77,"credits":3100,"fill":0.4,"limit":5000,"pending":1900,"inFlight":0,"oldestSeconds":5.5,"acceptedPerSecond":315.6,"completedPerSecond":0,"refusedPerSecond":0}]}
                    """
                )
            );

    static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    static string Drawn(TopState state, int width = 80, int mostSources = 8, bool unicode = true)
    {
        var console = new TestTerminal().Terminal.CreateOutConsole();
        using var writer = new StringWriter();
        console.Profile.Out = new AnsiConsoleOutput(writer);
        console.Profile.Width = width;
        console.Write(new TopDrawing(width, mostSources, unicode).Draw(state));
        return writer.ToString();
    }
}
