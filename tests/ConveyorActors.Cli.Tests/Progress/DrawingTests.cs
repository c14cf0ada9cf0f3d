using ConveyorActors.Buffers.Flow;
using ConveyorActors.Cli.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ConveyorActors.Cli.Tests.Progress;

public class DrawingTests
{
    static readonly Frame Busy = new(
        TimeSpan.FromSeconds(12),
        [new("slim", 0.83, 830, 20, 123_456, 45_600, 3, 1)],
        [
            new("access.log", BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(34)), 120, 5_000, false),
            new("b.log", BackpressureSignal.None, 5_000, 10, true),
        ],
        new(5_010, 4_900, 26 << 20, 25 << 20, 100 << 20, TimeSpan.FromSeconds(36))
    );

    [Fact]
    public void A_frame_shows_stages_sources_and_the_whole()
    {
        var lines = Drawn(new Drawing(unicode: true).DrawFrame(Busy, "stopping"))
            .Split('\n', StringSplitOptions.TrimEntries);

        Assert.Matches("^stage +fill +in flight +per second +done +returns +dead letters$", lines[0]);
        Assert.Matches("^slim +█{17}░{3} +83% +20 +45.6k +123,456 +3 +1$", lines[1]);
        Assert.Matches("^source +signal +credits +lines$", lines[2]);
        Assert.Matches(@"^access.log +SlowDown\(34 ms\) +120 +5,000$", lines[3]);
        Assert.Matches("^b.log +None +5,000 +10 +ended$", lines[4]);
        Assert.Matches(
            "^█{8}░{22} 25%  25.0 MiB of 100 MiB  36.0 s left  12.0 s  read 5,010, wrote 4,900 lines$",
            lines[5]
        );
        Assert.Equal("stopping", lines[6]);
    }

    [Fact]
    public void Names_are_never_read_as_markup()
    {
        var frame = Busy with { Stages = [Busy.Stages[0] with { Name = "[red]x[/]\e[2J" }] };

        Assert.Contains("[red]x[/]?[2J", Drawn(new Drawing(unicode: false).DrawFrame(frame)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "..........")]
    [InlineData(0.001, "#.........")]
    [InlineData(0.5, "#####.....")]
    [InlineData(1, "##########")]
    [InlineData(1.7, "##########")]
    public void A_small_value_is_not_shown_as_zero(double share, string bar) =>
        Assert.Equal(bar, new Drawing(unicode: false).DrawBar(share, 10));

    [Fact]
    public void With_many_sources_the_held_ones_are_shown()
    {
        var sources = Enumerable
            .Range(0, 40)
            .Select(i => new SourceRow(
                $"s{i}",
                i == 33 ? BackpressureSignal.Pause : BackpressureSignal.None,
                1,
                1,
                i < 20
            ))
            .ToList();

        var text = Drawn(new Drawing(unicode: false).DrawSources(sources));

        Assert.Contains("s33", text, StringComparison.Ordinal);
        Assert.Contains("and 28 more sources", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_line_shows_the_same_values()
    {
        Assert.Equal(
            "12.0 s: read 5,010 lines (26.0 MiB, 25%, 36.0 s left), wrote 4,900 | slim 83% full, 20 in flight, 45.6k/s, 3 returns, 1 dead letter | access.log SlowDown(34 ms)",
            PlainLine.Format(Busy)
        );
    }

    [Fact]
    public void A_single_line_is_not_shown_as_several()
    {
        var frame = Busy with { Overall = Busy.Overall with { LinesRead = 1, LinesWritten = 1 } };

        Assert.Contains("read 1, wrote 1 line", Drawn(new Drawing(unicode: false).DrawFrame(frame)));
        Assert.DoesNotContain("1 lines", Drawn(new Drawing(unicode: false).DrawFrame(frame)));
        Assert.StartsWith("12.0 s: read 1 line (", PlainLine.Format(frame), StringComparison.Ordinal);
    }

    static string Drawn(IRenderable what)
    {
        var console = new TestTerminal().Terminal.CreateErrorConsole();
        console.Profile.Width = 120;
        using var writer = new StringWriter();
        console.Profile.Out = new AnsiConsoleOutput(writer);
        console.Write(what);
        return writer.ToString();
    }
}
