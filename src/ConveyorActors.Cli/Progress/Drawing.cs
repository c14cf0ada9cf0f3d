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

    public IRenderable DrawFrame(Frame frame, string? note = null)
    {
        var parts = new List<IRenderable> { DrawStages(frame.Stages), DrawSources(frame.Sources), DrawOverall(frame) };
        parts.AddRange(frame.Remarks.TakeLast(MaxRemarks).Select(r => new Text(r, Color.Yellow)));
        parts.AddRange(frame.Paused.Select(p => new Text(PlainLine.FormatPaused(p), Color.Red)));
        if (note is not null)
            parts.Add(new Text(note, Color.Yellow));
        return new Rows(parts);
    }

    public IRenderable DrawStages(IReadOnlyList<StageRow> stages)
    {
        var table = CreateTable("stage", "fill", "", "in flight", "per second", "done", "returns", "dead letters");
        foreach (var s in stages)
        {
            table.AddRow(
                CreateName(s.Name),
                new Text(DrawBar(s.Fill, 20), GetFillColor(s.Fill)),
                AlignRight(PlainLine.FormatPercent(s.Fill)),
                AlignRight(CountText.FormatExact(s.InFlight)),
                AlignRight(CountText.FormatShort(s.Rate)),
                AlignRight(CountText.FormatExact(s.Done)),
                AlignRight(CountText.FormatExact(s.Retries), s.Retries > 0 ? Color.Yellow : null),
                AlignRight(CountText.FormatExact(s.DeadLetters), s.DeadLetters > 0 ? Color.Red : null)
            );
        }

        return table;
    }

    public IRenderable DrawSources(IReadOnlyList<SourceRow> sources)
    {
        var shown =
            sources.Count <= MaxSources
                ? sources
                : [.. sources.OrderByDescending(s => s.AtEnd ? -1 : (int)s.Signal.Kind).Take(MaxSources)];
        var table = CreateTable("source", "signal", "", "credits", "lines", "");
        foreach (var s in shown)
            table.AddRow(
                CreateName(s.Name),
                DrawSignal(s.Signal),
                new Text(""),
                AlignRight(CountText.FormatExact(s.Credits)),
                AlignRight(CountText.FormatExact(s.Lines)),
                new Text(s.AtEnd ? "ended" : "")
            );
        return shown.Count == sources.Count
            ? table
            : new Rows(table, new Text($"and {sources.Count - shown.Count} more sources"));
    }

    public IRenderable DrawOverall(Frame frame)
    {
        var o = frame.Overall;
        var size = o.BytesTotal is { } total
            ? $"{SizeText.Format(o.BytesDone)} of {SizeText.Format(total)}"
            : SizeText.Format(o.BytesRead);
        var bar = o.Share is { } share ? $"{DrawBar(share, 30)} {PlainLine.FormatPercent(share)}  " : "";
        var left = o.TimeLeft is { } time && o.Share < 1 ? $"  {DurationText.Format(time)} left" : "";
        return new Text(
            $"{bar}{size}{left}  {DurationText.Format(frame.Elapsed)}  read {CountText.FormatExact(o.LinesRead)}, wrote {CountText.FormatWithNoun(o.LinesWritten, "line")}"
        );
    }

    public static IRenderable DrawSignal(BackpressureSignal signal) =>
        new Text(
            signal.ToString(),
            signal.Kind switch
            {
                BackpressureKind.Pause => Color.Red,
                BackpressureKind.SlowDown => Color.Yellow,
                _ => Color.Green,
            }
        );

    public string DrawBar(double share, int width)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        // A small share is shown as more than nothing.
        if (full == 0 && share > 0)
            full = 1;
        return new string(unicode ? '█' : '#', full) + new string(unicode ? '░' : '.', width - full);
    }

    static Table CreateTable(params string[] headers)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var header in headers)
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Dim))) { NoWrap = true });
        return table;
    }

    static Text CreateName(string name) => new(Printable.Sanitize(name, 40));

    static Text AlignRight(string text, Color? color = null) =>
        new Text(text, color is { } c ? new Style(c) : null).RightJustified();

    public static Style GetFillColor(double fill) =>
        fill >= 0.8 ? Color.Red
        : fill > 0.6 ? Color.Yellow
        : Color.Green;
}
