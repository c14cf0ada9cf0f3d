using System.Text;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Renders a frame as one line of text.</summary>
static class PlainLine
{
    public static string Format(Frame frame)
    {
        var line = new StringBuilder();
        line.Append($"{DurationText.Format(frame.Elapsed)}: {FormatOverall(frame.Overall)}");
        foreach (var stage in frame.Stages)
            line.Append($" | {FormatStage(stage)}");
        foreach (var pause in frame.Paused)
            line.Append($" | {FormatPaused(pause)}");
        foreach (var source in frame.Sources.Where(s => s.Signal.IsHeld && !s.AtEnd))
            line.Append($" | {Printable.Sanitize(source.Name)} {source.Signal}");
        return line.ToString();
    }

    static string FormatOverall(OverallRow overall)
    {
        var share = overall.Share is { } known ? $", {FormatPercent(known)}" : "";
        var left = overall.TimeLeft is { } time && overall.Share < 1 ? $", {DurationText.Format(time)} left" : "";
        return $"read {CountText.FormatWithNoun(overall.LinesRead, "line")} ({SizeText.Format(overall.BytesRead)}{share}{left}), wrote {CountText.FormatExact(overall.LinesWritten)}";
    }

    public static string FormatStage(StageRow stage)
    {
        var line = new StringBuilder(
            $"{stage.Name} {FormatPercent(stage.Fill)} full, {CountText.FormatExact(stage.InFlight)} in flight, {CountText.FormatShort(stage.Rate)}/s"
        );
        if (stage.Retries > 0)
            line.Append($", {CountText.FormatWithNoun(stage.Retries, "return")}");
        if (stage.DeadLetters > 0)
            line.Append($", {CountText.FormatWithNoun(stage.DeadLetters, "dead letter")}");
        return line.ToString();
    }

    public static string FormatPaused(StagePause pause) =>
        $"{Printable.Sanitize(pause.Stage, 40)} is paused because it fails as a whole: {Printable.Sanitize(pause.Error, 200)}";

    public static string FormatPercent(double share) =>
        share is > 0 and < 0.01 ? "<1%" : $"{Math.Floor(share * 100):0}%";
}
