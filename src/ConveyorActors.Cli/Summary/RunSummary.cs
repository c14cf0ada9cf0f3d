using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Summary;

/// <summary>Summarizes the end of a run in sentences and sums.</summary>
/// <param name="Verdict">One sentence on how the run ended.</param>
/// <param name="Stages">The sums of each stage.</param>
/// <param name="Remarks">Further remarks for the user.</param>
sealed record RunSummary(string Verdict, IReadOnlyList<StageSum> Stages, IReadOnlyList<string> Remarks)
{
    /// <summary>Gets a sentence per stage with the number of commands it started.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    public bool AddsUp => Stages.All(s => s.AddsUp);

    /// <param name="report">The result of the run.</param>
    /// <param name="definition">The pipeline that ran.</param>
    /// <param name="data">The data directory that keeps unfinished lines; null: none.</param>
    public static RunSummary Create(RunReport report, PipelineDefinition definition, string? data = null)
    {
        var stages = FrameMaker
            .OrderStages(report.Progress.Snapshot, [.. definition.Stages.Select(s => s.Name)])
            .Select(StageSum.From)
            .ToList();
        return new(
            FormatSentence(report, stages),
            stages,
            [
                .. DescribeEarlierRuns(report, stages, data),
                .. DescribeDamage(report, data),
                .. report.Warnings.Select(w => $"warning: {w}"),
                .. RemarkText.Format(report.Progress.Remarks),
                .. GetDeadLetters(report, stages, definition, data),
                .. DescribeUnfinished(report, stages, definition, data),
                .. DescribeSink(report, definition, data),
            ]
        )
        {
            Commands = [.. FormatCommands(report.Progress.Commands)],
        };
    }

    /// <summary>
    /// Returns the number of lines that did not get through in this run. The numbers of the stages include earlier
    /// runs.
    /// </summary>
    static long CountLost(RunReport report, IReadOnlyList<StageSum> stages) =>
        Math.Max(
            0,
            stages.Sum(s => s.DeadLettered + s.Dropped + s.Expired) + report.Progress.LinesTooLong - report.LostBefore
        );

    /// <summary>Returns a remark if the numbers of the stages include earlier runs.</summary>
    static IEnumerable<string> DescribeEarlierRuns(RunReport report, IReadOnlyList<StageSum> stages, string? data) =>
        data is not null && stages is [var first, ..] && first.Offered - first.Refused > report.Progress.LinesRead
            ?
            [
                $"the numbers of the stages include earlier runs with {Printable.Sanitize(data, 200)}; the lines read and written are those of this run",
            ]
            : [];

    /// <summary>Returns a remark on lines that the data directory has lost, unless an earlier run has reported them.</summary>
    static IEnumerable<string> DescribeDamage(RunReport report, string? data)
    {
        if (!report.IsDamaged || data is null)
            yield break;
        var directory = Printable.Sanitize(data, 200);
        yield return (
            report.Damaged > 0
                ? $"{CountText.FormatWithNoun(report.Damaged, "line")} kept in {directory} cannot be read, and did not go through"
                : $"data in {directory} cannot be read, so lines that were kept there may be missing"
        ) + $"; see {Terminal.ProgramName} fsck";
    }

    static IEnumerable<string> FormatCommands(IReadOnlyList<StageCommands> stages) =>
        stages
            .Where(s => s.Started > 0)
            .Select(s =>
                $"{Printable.Sanitize(s.Stage, 40)}: {CountText.FormatWithNoun(s.Started, "command")} of {CountText.FormatWithNoun((s.LinesGiven + s.Started / 2) / s.Started, "line")}{(s.Started > 1 ? " on average" : "")}"
            );

    /// <summary>Returns remarks on the contents of the sink file if the run did not reach its end.</summary>
    static IEnumerable<string> DescribeSink(RunReport report, PipelineDefinition definition, string? data)
    {
        if (report.Outcome is not (RunOutcome.Failed or RunOutcome.Interrupted))
            yield break;
        var path = Printable.Sanitize(definition.Sink.Path, 200);
        var lines = CountText.FormatWithNoun(report.Progress.LinesWritten, "line");
        if (report.IsSinkUntouched)
            yield return $"nothing was written to {path}; it is unchanged";
        else if (report.SinkLength == 0)
            yield return $"{path} is empty";
        else if (report.SinkLength is { } length)
            yield return data is null
                ? $"{path} contains the lines written so far: {lines}, {SizeText.Format(length)}; a new run replaces it"
                : $"{path} contains the lines written so far: {lines} by this run, {SizeText.Format(length)} in all";
    }

    static string FormatSentence(RunReport report, IReadOnlyList<StageSum> stages)
    {
        var p = report.Progress;
        var lost = CountLost(report, stages);
        var unfinished = stages.Sum(s => s.Unfinished);
        var how = report.Outcome switch
        {
            RunOutcome.AllSettled => "done",
            RunOutcome.SomeLost when lost == 0 => "done, but the data directory is damaged",
            RunOutcome.SomeLost => $"done, but {CountText.FormatWithNoun(lost, "line")} did not go through",
            RunOutcome.Interrupted => "interrupted"
                + (
                    unfinished > 0
                        ? $" with {CountText.FormatWithNoun(unfinished, "line")} unfinished"
                        : ", and all lines that were read are settled"
                ),
            RunOutcome.OutputClosed => "done: the output was closed by its reader",
            _ => $"failed: {Printable.Sanitize(report.Error ?? "it could not continue", 400)}",
        };
        return $"{how}; read {CountText.FormatWithNoun(p.LinesRead, "line")}, wrote {CountText.FormatExact(p.LinesWritten)}, in {DurationText.Format(report.Elapsed)}";
    }

    static IEnumerable<string> DescribeUnfinished(
        RunReport report,
        IReadOnlyList<StageSum> stages,
        PipelineDefinition definition,
        string? data
    )
    {
        if (data is null)
            yield break;
        var ofInput = definition.Sources.Any(s => s.Path == "-") ? "; missing lines of standard input are lost" : "";
        var unfinished = stages.Sum(s => s.Unfinished);
        if (!report.IsKept)
            yield return $"not all of the run's state could be written to {Printable.Sanitize(data, 200)}: the same command repeats the missing part, reading it from the files again{ofInput}";
        else if (unfinished > 0)
            yield return $"{CountText.FormatWithNoun(unfinished, "line")} unfinished: they are kept in {Printable.Sanitize(data, 200)}; the same command continues with them";
    }

    static IEnumerable<string> GetDeadLetters(
        RunReport report,
        IReadOnlyList<StageSum> stages,
        PipelineDefinition definition,
        string? data
    )
    {
        var tooLong = report.Progress.LinesTooLong;
        var kept = report.Progress.Snapshot.Stages.Sum(s => (long)s.DeadLetters);
        var ofWhichTooLong = tooLong > 0 ? $" ({CountText.FormatExact(tooLong)} too long)" : "";
        if (definition.DeadLetterPath is { } path)
        {
            var earlier =
                report.DeadLettersOfEarlierRuns > 0
                    ? $", {CountText.FormatExact(report.DeadLettersOfEarlierRuns)} of them from earlier runs"
                    : "";
            if (report.DeadLettersWritten > 0)
                yield return $"{CountText.FormatWithNoun(report.DeadLettersWritten, "dead letter")}{ofWhichTooLong}, written to {Printable.Sanitize(path, 200)}{earlier}";
            if (report.DeadLettersUnwritten > 0)
                yield return DescribeUnwritten(report.DeadLettersUnwritten, path, data);
            else if (report.DeadLettersWritten == 0 && data is not null && kept > 0)
                yield return DescribeKept(stages.Sum(s => s.DeadLettered) - report.DeadLettersBefore, kept, data);
        }
        else if (data is not null)
        {
            // A line that is too long never entered a buffer.
            if (kept > 0)
                yield return $"{CountText.FormatWithNoun(kept, "dead letter")}, kept in {Printable.Sanitize(data, 200)}; see {Terminal.ProgramName} dead-letters";
            if (tooLong > 0)
                yield return $"{CountText.FormatWithNoun(tooLong, "line")} too long, not kept; --dead-letters PATH would keep them";
        }
        else if (stages.Sum(s => s.DeadLettered) + tooLong is > 0 and var all)
            yield return $"{CountText.FormatWithNoun(all, "dead letter")}{ofWhichTooLong}, not kept; --dead-letters PATH would keep them";
    }

    /// <summary>Describes dead letters that could not be written to their file.</summary>
    static string DescribeUnwritten(long count, string path, string? data) =>
        $"{CountText.FormatWithNoun(count, "dead letter")} not written to {Printable.Sanitize(path, 200)}; "
        + (
            data is null
                ? "not kept"
                : $"the same command writes {(count == 1 ? "it" : "them")} from {Printable.Sanitize(data, 200)}, see {Terminal.ProgramName} dead-letters"
        );

    /// <summary>Describes the dead letters in the data directory when this run has written none to the file.</summary>
    static string DescribeKept(long ofThisRun, long kept, string data) =>
        (
            ofThisRun > 0
                ? $"{CountText.FormatWithNoun(ofThisRun, "dead letter")} in this run; {CountText.FormatExact(kept)} in all"
                : $"no dead letters in this run; {CountText.FormatExact(kept)} of earlier runs"
        ) + $" are kept in {Printable.Sanitize(data, 200)}, see {Terminal.ProgramName} dead-letters";
}
