using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Summary;

/// <summary>The end of a run in sentences and sums.</summary>
/// <param name="Verdict">How it ended, in one sentence.</param>
/// <param name="Stages">What became of everything, stage by stage.</param>
/// <param name="Remarks">What else the user should know.</param>
sealed record RunSummary(string Verdict, IReadOnlyList<StageSum> Stages, IReadOnlyList<string> Remarks)
{
    public bool AddsUp => Stages.All(s => s.AddsUp);

    /// <param name="report">How the run ended.</param>
    /// <param name="definition">What ran.</param>
    /// <param name="data">Where what is unfinished is kept; null: nowhere.</param>
    public static RunSummary Of(RunReport report, PipelineDefinition definition, string? data = null)
    {
        var stages = FrameMaker.Ordered(report.Progress.Snapshot, [.. definition.Stages.Select(s => s.Name)]).Select(StageSum.Of).ToList();
        return new(
            Sentence(report, stages), stages,
            [.. report.Warnings.Select(w => $"warning: {w}"), .. RemarkText.Of(report.Progress.Remarks), .. DeadLetters(report, stages, definition, data), .. Unfinished(report, stages, data)]);
    }

    static string Sentence(RunReport report, IReadOnlyList<StageSum> stages)
    {
        var p = report.Progress;
        var lost = stages.Sum(s => s.DeadLettered + s.Dropped + s.Expired) + p.LinesTooLong;
        var unfinished = stages.Sum(s => s.Unfinished);
        var how = report.Outcome switch
        {
            RunOutcome.AllSettled => "done",
            RunOutcome.SomeLost => $"done, but {CountText.Of(lost, "line")} did not go through",
            RunOutcome.Interrupted => "interrupted" + (unfinished > 0 ? $" with {CountText.Of(unfinished, "line")} unfinished" : ", and everything that was read is settled"),
            RunOutcome.OutputClosed => "done: the reader of the output wanted no more",
            _ => $"failed: {Printable.Text(report.Error ?? "it could not go on", 400)}",
        };
        return $"{how}; read {CountText.Of(p.LinesRead, "line")}, wrote {CountText.Exact(p.LinesWritten)}, in {DurationText.Show(report.Elapsed)}";
    }

    static IEnumerable<string> Unfinished(RunReport report, IReadOnlyList<StageSum> stages, string? data)
    {
        if (data is null) yield break;
        var unfinished = stages.Sum(s => s.Unfinished);
        if (!report.IsKept)
            yield return $"not all of this could be written to {Printable.Text(data, 200)}: the same command does again what is not there, and reads it from the files again; "
                + "lines of a standard input that are not there are lost";
        else if (unfinished > 0)
            yield return $"{CountText.Of(unfinished, "line")} unfinished: they are kept in {Printable.Text(data, 200)}; the same command goes on with them";
    }

    static IEnumerable<string> DeadLetters(RunReport report, IReadOnlyList<StageSum> stages, PipelineDefinition definition, string? data)
    {
        var tooLong = report.Progress.LinesTooLong;
        var given = stages.Sum(s => s.DeadLettered);
        if (definition.DeadLetterPath is null && data is not null)
        {
            // What is too long never got into a buffer.
            if (given > 0) yield return $"{CountText.Of(given, "dead letter")}, kept in {Printable.Text(data, 200)}; see {Terminal.ProgramName} dead-letters";
            if (tooLong > 0) yield return $"{CountText.Of(tooLong, "line")} too long, not kept; --dead-letters PATH would keep them";
            yield break;
        }
        if (given + tooLong == 0) yield break;
        var where = definition.DeadLetterPath is { } path ? $"written to {Printable.Text(path, 200)}" : "not kept; --dead-letters PATH would keep them";
        yield return $"{CountText.Of(given + tooLong, "dead letter")}{(tooLong > 0 ? $" ({CountText.Exact(tooLong)} too long)" : "")}, {where}";
    }
}
