using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Usage;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ConveyorActors.Cli.Top;

/// <summary>Draws the known state of a server, for widths from 80 columns.</summary>
/// <param name="width">The number of columns available.</param>
/// <param name="mostSources">Maximum number of sources shown per pipeline; the others are counted.</param>
/// <param name="unicode">Whether the terminal shows more than ASCII.</param>
sealed class TopDrawing(int width, int mostSources, bool unicode)
{
    const int Widest = 120;
    const int MinName = 10;

    /// <summary>Columns that the other table columns take, with the spaces between them.</summary>
    const int StageColumns = 67,
        SourceColumns = 57;

    const int BarWidth = 8;

    readonly Drawing drawing = new(unicode);
    readonly int longestStage = Math.Max(MinName, Math.Min(width, Widest) - StageColumns);
    readonly int longestSource = Math.Max(MinName, Math.Min(width, Widest) - SourceColumns);

    public IRenderable Draw(TopState state)
    {
        var parts = new List<IRenderable>();
        foreach (var pipeline in state.Pipelines.Values)
        {
            parts.Add(DrawTotals(pipeline));
            parts.Add(DrawConservation(pipeline));
            parts.Add(DrawStages(pipeline));
            parts.Add(DrawSources(pipeline));
            parts.Add(new Text(""));
        }
        if (state.Pipelines.Count == 0 && state.Error is null)
            parts.Add(new Text("the server has no pipeline yet"));
        parts.Add(
            state.Error is { } error
                ? new Text(Printable.Sanitize($"{ServerFlags.Format(state.Server)}: {error}", 400), Color.Red)
                : new Text(Printable.Sanitize($"{ServerFlags.Format(state.Server)}: live", 400), Color.Green)
        );
        return new Rows(parts);
    }

    Rows DrawTotals(TopPipeline pipeline)
    {
        var total = pipeline.Total;
        return new(
            new Text(
                $"{Printable.Sanitize(total.Name, 40)}  {pipeline.State}  pending {CountText.FormatExact(total.Pending)} of {CountText.FormatExact(total.Limit)} ({PlainLine.FormatPercent(total.Fill)})  oldest {DurationText.Format(total.Oldest)}",
                new Style(decoration: Decoration.Bold)
            ),
            new Text(
                $"in {CountText.FormatShort(total.AcceptedPerSecond)}/s  out {CountText.FormatShort(total.CompletedPerSecond)}/s  refused {CountText.FormatShort(total.RefusedPerSecond)}/s  in flight {CountText.FormatExact(total.InFlight)}  leases {CountText.FormatExact(pipeline.Leases)}  dead letters {CountText.FormatExact(pipeline.DeadLetters)}"
            )
        );
    }

    Text DrawConservation(TopPipeline pipeline)
    {
        var fates = string.Join(
            " + ",
            pipeline
                .Fates.Where(f => f.Count > 0 || f.Word is "settled" or "pending")
                .Select(f => $"{CountText.FormatExact(f.Count)} {f.Word}")
        );
        var sum = $"{CountText.FormatExact(pipeline.Offered)} offered = {fates}";
        return pipeline.IsConserved
            ? new($"{sum}: adds up{(unicode ? " ✓" : "")}", Color.Green)
            : new($"{sum}: DOES NOT ADD UP", Color.Red);
    }

    Table DrawStages(TopPipeline pipeline)
    {
        var table = CreateTable(
            "stage",
            ("fill", -BarWidth),
            ("", 4),
            ("pending", 7),
            ("in flight", 9),
            ("oldest", 8),
            ("in/s", 5),
            ("out/s", 5),
            ("leases", 6),
            ("dead", 5)
        );
        foreach (var stage in pipeline.Stages)
        {
            var level = stage.Level;
            table.AddRow(
                CreateName(level.Name, longestStage),
                new Text(drawing.DrawBar(level.Fill, BarWidth), Drawing.GetFillColor(level.Fill)),
                AlignRight(PlainLine.FormatPercent(level.Fill)),
                AlignRight(CountText.FormatShort(level.Pending)),
                AlignRight(CountText.FormatShort(level.InFlight)),
                AlignRight(DurationText.Format(level.Oldest)),
                AlignRight(CountText.FormatShort(level.AcceptedPerSecond)),
                AlignRight(CountText.FormatShort(level.CompletedPerSecond)),
                AlignRight(CountText.FormatShort(stage.Leases)),
                AlignRight(CountText.FormatShort(stage.DeadLetters), stage.DeadLetters > 0 ? Color.Red : null)
            );
        }
        return table;
    }

    IRenderable DrawSources(TopPipeline pipeline)
    {
        var shown = pipeline
            .TopSources.OrderByDescending(s => s.Signal.Kind)
            .ThenByDescending(s => s.Level.Pending)
            .Take(mostSources)
            .OrderBy(s => s.Level.Name, StringComparer.Ordinal)
            .ToList();
        var table = CreateTable(
            "source",
            ("signal", -17),
            ("pending", 7),
            ("of", 5),
            ("credits", 7),
            ("in/s", 5),
            ("oldest", 8)
        );
        foreach (var source in shown)
        {
            var level = source.Level;
            table.AddRow(
                CreateName(level.Name, longestSource),
                Drawing.DrawSignal(source.Signal),
                AlignRight(CountText.FormatShort(level.Pending)),
                AlignRight(CountText.FormatShort(level.Limit)),
                AlignRight(CountText.FormatShort(source.Credits)),
                AlignRight(CountText.FormatShort(level.AcceptedPerSecond)),
                AlignRight(DurationText.Format(level.Oldest))
            );
        }
        var others = pipeline.Sources - shown.Count;
        return others <= 0
            ? table
            : new Rows(
                table,
                new Text(
                    $"and {CountText.FormatWithNoun(others, "other source")}, {CountText.FormatExact(Math.Max(0, pipeline.Held - shown.Count(s => s.Signal.IsHeld)))} of them held"
                )
            );
    }

    /// <summary>Creates a table whose first column is as wide as its longest name.</summary>
    /// <param name="name">The header of the first column.</param>
    /// <param name="columns">
    /// The headers with their widths, which are fixed so that nothing moves when numbers change. A negative width
    /// left-aligns its column.
    /// </param>
    static Table CreateTable(string name, params (string Header, int Width)[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumn(CreateColumn(name, null, isLeft: true));
        foreach (var (header, columnWidth) in columns)
            table.AddColumn(CreateColumn(header, Math.Abs(columnWidth), isLeft: columnWidth < 0));
        return table;
    }

    static TableColumn CreateColumn(string header, int? columnWidth, bool isLeft)
    {
        var title = new Text(header, new Style(decoration: Decoration.Dim));
        return new(isLeft ? title : title.RightJustified())
        {
            NoWrap = true,
            Padding = new(0, 0, 1, 0),
            Width = columnWidth,
        };
    }

    static Text CreateName(string name, int longest)
    {
        var shown = Printable.Sanitize(name, 200);
        return new(shown.Length <= longest ? shown : shown[..(longest - 2)] + "..");
    }

    static Text AlignRight(string text, Color? color = null) =>
        new Text(text, color is { } c ? new Style(c) : null).RightJustified();
}
