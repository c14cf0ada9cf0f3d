using System.Text;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Renders a frame as one line of text.</summary>
static class PlainLine
{
    public static string Of(Frame frame)
    {
        var line = new StringBuilder();
        line.Append($"{DurationText.Show(frame.Elapsed)}: {Overall(frame.Overall)}");
        foreach (var stage in frame.Stages)
            line.Append($" | {Stage(stage)}");
        foreach (var pause in frame.Paused)
            line.Append($" | {Paused(pause)}");
        foreach (var source in frame.Sources.Where(s => s.Signal.IsHeld && !s.AtEnd))
            line.Append($" | {Printable.Text(source.Name)} {source.Signal}");
        return line.ToString();
    }

    static string Overall(OverallRow overall)
    {
        var share = overall.Share is { } known ? $", {Percent(known)}" : "";
        var left = overall.TimeLeft is { } time && overall.Share < 1 ? $", {DurationText.Show(time)} left" : "";
        return $"read {CountText.Exact(overall.LinesRead)} lines ({SizeText.Show(overall.BytesRead)}{share}{left}), wrote {CountText.Exact(overall.LinesWritten)}";
    }

    public static string Stage(StageRow stage)
    {
        var line = new StringBuilder(
            $"{stage.Name} {Percent(stage.Fill)} full, {CountText.Exact(stage.InFlight)} in flight, {CountText.Short(stage.Rate)}/s"
        );
        if (stage.Retries > 0)
            line.Append($", {CountText.Of(stage.Retries, "return")}");
        if (stage.DeadLetters > 0)
            line.Append($", {CountText.Of(stage.DeadLetters, "dead letter")}");
        return line.ToString();
    }

    public static string Paused(StagePause pause) =>
        $"{Printable.Text(pause.Stage, 40)} is paused, as it fails as a whole: {Printable.Text(pause.Error, 200)}";

    public static string Percent(double share) => $"{Math.Floor(share * 100):0}%";
}
