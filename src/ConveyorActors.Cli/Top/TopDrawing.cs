using ConveyorActors.Cli.Progress;
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
            parts.Add(Totals(pipeline));
            parts.Add(Conservation(pipeline));
            parts.Add(Stages(pipeline));
            parts.Add(Sources(pipeline));
            parts.Add(new Text(""));
        }
        if (state.Pipelines.Count == 0 && state.Error is null)
            parts.Add(new Text("the server has no pipeline yet"));
        parts.Add(
            state.Error is { } error
                ? new Text(Printable.Text($"{state.Server}: {error}", 400), Color.Red)
                : new Text(Printable.Text($"{state.Server}: live", 400), Color.Green)
        );
        return new Rows(parts);
    }

    Rows Totals(TopPipeline pipeline)
    {
        var total = pipeline.Total;
        return new(
            new Text(
                $"{Printable.Text(total.Name, 40)}  {pipeline.State}  pending {CountText.Exact(total.Pending)} of {CountText.Exact(total.Limit)} ({PlainLine.Percent(total.Fill)})  oldest {DurationText.Show(total.Oldest)}",
                new Style(decoration: Decoration.Bold)
            ),
            new Text(
                $"in {CountText.Short(total.AcceptedPerSecond)}/s  out {CountText.Short(total.CompletedPerSecond)}/s  refused {CountText.Short(total.RefusedPerSecond)}/s  in flight {CountText.Exact(total.InFlight)}  leases {CountText.Exact(pipeline.Leases)}  dead letters {CountText.Exact(pipeline.DeadLetters)}"
            )
        );
    }

    Text Conservation(TopPipeline pipeline)
    {
        var fates = string.Join(
            " + ",
            pipeline
                .Fates.Where(f => f.Count > 0 || f.Word is "settled" or "pending")
                .Select(f => $"{CountText.Exact(f.Count)} {f.Word}")
        );
        var sum = $"{CountText.Exact(pipeline.Offered)} offered = {fates}";
        return pipeline.IsConserved
            ? new($"{sum}: adds up{(unicode ? " ✓" : "")}", Color.Green)
            : new($"{sum}: DOES NOT ADD UP", Color.Red);
    }

    Table Stages(TopPipeline pipeline)
    {
        var table = Table(
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
                Name(level.Name, longestStage),
                new Text(drawing.Bar(level.Fill, BarWidth), Drawing.FillColor(level.Fill)),
                Right(PlainLine.Percent(level.Fill)),
                Right(CountText.Short(level.Pending)),
                Right(CountText.Short(level.InFlight)),
                Right(DurationText.Show(level.Oldest)),
                Right(CountText.Short(level.AcceptedPerSecond)),
                Right(CountText.Short(level.CompletedPerSecond)),
                Right(CountText.Short(stage.Leases)),
                Right(CountText.Short(stage.DeadLetters), stage.DeadLetters > 0 ? Color.Red : null)
            );
        }
        return table;
    }

    IRenderable Sources(TopPipeline pipeline)
    {
        var shown = pipeline
            .TopSources.OrderByDescending(s => s.Signal.Kind)
            .ThenByDescending(s => s.Level.Pending)
            .Take(mostSources)
            .OrderBy(s => s.Level.Name, StringComparer.Ordinal)
            .ToList();
        var table = Table(
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
                Name(level.Name, longestSource),
                Drawing.Signal(source.Signal),
                Right(CountText.Short(level.Pending)),
                Right(CountText.Short(level.Limit)),
                Right(CountText.Short(source.Credits)),
                Right(CountText.Short(level.AcceptedPerSecond)),
                Right(DurationText.Show(level.Oldest))
            );
        }
        var others = pipeline.Sources - shown.Count;
        return others <= 0
            ? table
            : new Rows(
                table,
                new Text(
                    $"and {CountText.Of(others, "other source")}, {CountText.Exact(Math.Max(0, pipeline.Held - shown.Count(s => s.Signal.IsHeld)))} of them held"
                )
            );
    }

    /// <summary>Creates a table whose first column is as wide as its longest name.</summary>
    /// <param name="name">The header of the first column.</param>
    /// <param name="columns">
    /// The headers with their widths, which are fixed so that nothing moves when numbers change. A negative width
    /// left-aligns its column.
    /// </param>
    static Table Table(string name, params (string Header, int Width)[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumn(Column(name, null, isLeft: true));
        foreach (var (header, columnWidth) in columns)
            table.AddColumn(Column(header, Math.Abs(columnWidth), isLeft: columnWidth < 0));
        return table;
    }

    static TableColumn Column(string header, int? columnWidth, bool isLeft)
    {
        var title = new Text(header, new Style(decoration: Decoration.Dim));
        return new(isLeft ? title : title.RightJustified())
        {
            NoWrap = true,
            Padding = new(0, 0, 1, 0),
            Width = columnWidth,
        };
    }

    static Text Name(string name, int longest)
    {
        var shown = Printable.Text(name, 200);
        return new(shown.Length <= longest ? shown : shown[..(longest - 2)] + "..");
    }

    static Text Right(string text, Color? color = null) =>
        new Text(text, color is { } c ? new Style(c) : null).RightJustified();
}
