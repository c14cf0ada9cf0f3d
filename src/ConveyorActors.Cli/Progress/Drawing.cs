using ConveyorActors.Buffers.Flow;
using ConveyorActors.Cli.Usage;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ConveyorActors.Cli.Progress;

/// <summary>Draws frames for a terminal.</summary>
sealed class Drawing(bool unicode)
{
    /// <summary>
    /// Maximum number of sources shown. With more, those that are at their end or not held are left out.
    /// </summary>
    const int MaxSources = 12;

    /// <summary>Maximum number of remarks shown: the newest. The summary has all of them.</summary>
    const int MaxRemarks = 4;

    public IRenderable Frame(Frame frame, string? note = null)
    {
        var parts = new List<IRenderable> { Stages(frame.Stages), Sources(frame.Sources), Overall(frame) };
        parts.AddRange(frame.Remarks.TakeLast(MaxRemarks).Select(r => new Text(r, Color.Yellow)));
        parts.AddRange(frame.Paused.Select(p => new Text(PlainLine.Paused(p), Color.Red)));
        if (note is not null)
            parts.Add(new Text(note, Color.Yellow));
        return new Rows(parts);
    }

    public IRenderable Stages(IReadOnlyList<StageRow> stages)
    {
        var table = Table("stage", "fill", "", "in flight", "per second", "done", "returns", "dead letters");
        foreach (var s in stages)
        {
            table.AddRow(
                Name(s.Name),
                new Text(Bar(s.Fill, 20), FillColor(s.Fill)),
                Right(PlainLine.Percent(s.Fill)),
                Right(CountText.Exact(s.InFlight)),
                Right(CountText.Short(s.Rate)),
                Right(CountText.Exact(s.Done)),
                Right(CountText.Exact(s.Retries), s.Retries > 0 ? Color.Yellow : null),
                Right(CountText.Exact(s.DeadLetters), s.DeadLetters > 0 ? Color.Red : null)
            );
        }

        return table;
    }

    public IRenderable Sources(IReadOnlyList<SourceRow> sources)
    {
        var shown =
            sources.Count <= MaxSources
                ? sources
                : [.. sources.OrderByDescending(s => s.AtEnd ? -1 : (int)s.Signal.Kind).Take(MaxSources)];
        var table = Table("source", "signal", "", "credits", "lines", "");
        foreach (var s in shown)
            table.AddRow(
                Name(s.Name),
                Signal(s.Signal),
                new Text(""),
                Right(CountText.Exact(s.Credits)),
                Right(CountText.Exact(s.Lines)),
                new Text(s.AtEnd ? "at its end" : "")
            );
        return shown.Count == sources.Count
            ? table
            : new Rows(table, new Text($"and {sources.Count - shown.Count} more sources"));
    }

    public IRenderable Overall(Frame frame)
    {
        var o = frame.Overall;
        var size = o.BytesTotal is { } total
            ? $"{SizeText.Show(o.BytesDone)} of {SizeText.Show(total)}"
            : SizeText.Show(o.BytesRead);
        var bar = o.Share is { } share ? $"{Bar(share, 30)} {PlainLine.Percent(share)}  " : "";
        var left = o.TimeLeft is { } time && o.Share < 1 ? $"  {DurationText.Show(time)} left" : "";
        return new Text(
            $"{bar}{size}{left}  {DurationText.Show(frame.Elapsed)}  read {CountText.Exact(o.LinesRead)}, wrote {CountText.Exact(o.LinesWritten)} lines"
        );
    }

    public static IRenderable Signal(BackpressureSignal signal) =>
        new Text(
            signal.ToString(),
            signal.Kind switch
            {
                BackpressureKind.Pause => Color.Red,
                BackpressureKind.SlowDown => Color.Yellow,
                _ => Color.Green,
            }
        );

    public string Bar(double share, int width)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        // A small share is shown as more than nothing.
        if (full == 0 && share > 0)
            full = 1;
        return new string(unicode ? '█' : '#', full) + new string(unicode ? '░' : '.', width - full);
    }

    static Table Table(params string[] headers)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var header in headers)
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Dim))) { NoWrap = true });
        return table;
    }

    static Text Name(string name) => new(Printable.Text(name, 40));

    static Text Right(string text, Color? color = null) =>
        new Text(text, color is { } c ? new Style(c) : null).RightJustified();

    public static Style FillColor(double fill) =>
        fill >= 0.8 ? Color.Red
        : fill > 0.6 ? Color.Yellow
        : Color.Green;
}
