using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Checks the values of a draft against each other, fills in the defaults, and creates the definition.
/// </summary>
static class DraftChecks
{
    /// <summary>
    /// Default limit of bytes in the pipeline: enough for lines of any length allowed by default, and small enough to
    /// keep the program's memory low.
    /// </summary>
    const long DefaultMaxBytes = 64L << 20;

    const long DefaultMaxLine = 1L << 20;

    /// <summary>
    /// Default limits of lines in the whole pipeline and at one stage. The limit in bytes is the effective one; these
    /// limits bound the memory for short lines, since each line takes about 250 bytes in addition to its own.
    /// </summary>
    const int DefaultMaxTotal = 200_000,
        DefaultMaxPerStage = 100_000;

    /// <summary>Minimum of the default limit of lines per source, for any number of sources.</summary>
    const int MinPerSource = 5_000;

    /// <summary>
    /// Maximum bytes of a record on disk. A record is one value in a SQLite file, and the limit of a value is a billion
    /// bytes.
    /// </summary>
    const long MaxOnDisk = 512L << 20;

    public static PipelineDefinition? Build(PipelineDraft draft, InputErrors inputErrors)
    {
        if (draft.Sources.Count == 0)
            inputErrors.Add("--source is missing; it must be a path, or - for standard input");
        if (draft.Follow is { } follow)
            draft = draft with { Sources = [.. draft.Sources.Select(s => s with { Follow = follow })] };
        var patterns = SourcePatterns.GetFollowed(draft.Sources);
        draft = draft with { Sources = SourcePatterns.Expand(draft.Sources, inputErrors) };
        if (draft.Sources.Count(s => s.Path.Value == "-") > 1)
            inputErrors.Add(
                $"{draft.Sources.Last(s => s.Path.Value == "-").Path.Where} is '-' a second time; standard input can be read only once"
            );
        ValidateNames(draft, inputErrors);
        foreach (var stray in draft.OkExits.Where(o => draft.Stages.All(s => s.Name!.Value != o.Stage.Value)))
            inputErrors.Add(
                $"{stray.Stage.Where} names the stage {Printable.Quote(stray.Stage.Value)}; it must be "
                    + ListStages(draft)
            );

        foreach (
            var stray in draft
                .OneToOne.Concat(draft.Persistent)
                .Where(o => draft.Stages.All(s => s.Name!.Value != o.Value))
        )
            inputErrors.Add(
                $"{stray.Where} names the stage {Printable.Quote(stray.Value)}; it must be " + ListStages(draft)
            );
        foreach (var stray in draft.OnStageFailures.Where(o => draft.Stages.All(s => s.Name!.Value != o.Stage.Value)))
            inputErrors.Add(
                $"{stray.Stage.Where} names the stage {Printable.Quote(stray.Stage.Value)}; it must be "
                    + ListStages(draft)
            );

        if (draft.Changed is { } changed && draft.Data is null)
            inputErrors.Add(
                $"{changed.Where} is given without --data; only a data directory records what an earlier run read"
            );

        if (draft.MaxInMemory is { } inMemory && draft.Data is null)
            inputErrors.Add(
                $"{inMemory.Where} is given without --data; without a data directory all waiting lines are in memory, and --max-bytes limits them"
            );

        var maxLine = draft.MaxLine ?? new(DefaultMaxLine, "--max-line", "1MiB");
        var maxBytes = draft.MaxBytes ?? new(Math.Max(DefaultMaxBytes, maxLine.Value), "--max-bytes", "64MiB");
        if (maxBytes.Value < maxLine.Value)
            inputErrors.Add(
                $"{maxBytes.Where} is {Printable.Quote(maxBytes.Text)}; it must be at least as much as {maxLine.Where}, which is {maxLine.Text}"
            );
        if (draft.Data is { } data && maxLine.Value > MaxOnDisk)
            inputErrors.Add(
                $"{maxLine.Where} is {Printable.Quote(maxLine.Text)}; with {data.Where} it must be at most 512MiB"
            );
        return inputErrors.Any ? null : Define(draft, maxLine.Value, maxBytes.Value) with { Patterns = patterns };
    }

    /// <summary>Adds an error for each name that two stages or two sources have been given.</summary>
    static void ValidateNames(PipelineDraft draft, InputErrors inputErrors)
    {
        foreach (var again in draft.Stages.GroupBy(s => s.Name!.Value).Where(g => g.Count() > 1))
            inputErrors.Add(
                $"{again.Last().Name!.Where} names a second stage {Printable.Quote(again.Key)}; every stage must have a unique name"
            );
        foreach (
            var again in draft.Sources.Where(SourceNames.IsGiven).GroupBy(s => s.Name!.Value).Where(g => g.Count() > 1)
        )
            inputErrors.Add(
                $"{again.Last().Name!.Where} names a second source {Printable.Quote(again.Key)}; every source must have a unique name"
            );
    }

    static PipelineDefinition Define(PipelineDraft draft, long maxLine, long maxBytes)
    {
        var plain = new PipelineDefinition { Sources = [], Stages = [] };
        var limits = new BufferSettings();
        return new()
        {
            Name = draft.Name?.Value ?? plain.Name,
            Sources = SourceNames.CreateDefinitions(draft.Sources),
            Stages = [.. draft.Stages.Select(s => CreateStage(s.OverrideWith(draft.AllStages), draft, maxBytes))],
            Sink = new(draft.Sink?.Value ?? "-"),
            Limits = limits with
            {
                MaxTotalRecords = draft.MaxTotal?.Value ?? DefaultMaxTotal,
                MaxPerStage = draft.MaxPerStage?.Value ?? DefaultMaxPerStage,
                MaxPerSource =
                    draft.MaxPerSource?.Value
                    ?? Math.Max(MinPerSource, DefaultMaxTotal / Math.Max(1, draft.Sources.Count)),
                MaxTotalBytes = maxBytes,
                BackpressureThreshold = draft.Threshold?.Value ?? limits.BackpressureThreshold,
            },
            DeadLetterPath = draft.DeadLetters?.Value,
            MaxLine = (int)maxLine,
            NullTerminated = draft.Null?.Value ?? false,
            HasHeader = draft.Header?.Value ?? false,
            LastLine = draft.LastLine?.Value,
            AcceptChanges = draft.Changed?.Value ?? false,
            KeepOrder = draft.KeepOrder?.Value ?? false,
            StopDeadline = draft.StopDeadline?.Value ?? plain.StopDeadline,
        };
    }

    static StageDefinition CreateStage(StageDraft stage, PipelineDraft draft, long maxBytes)
    {
        var plain = new StageDefinition(stage.Name!.Value, stage.Command!.Value);
        var named = draft.OkExits.Where(o => o.Stage.Value == plain.Name).SelectMany(o => o.Codes).Distinct().ToList();
        return plain with
        {
            Batch = stage.Batch?.Value ?? plain.Batch,
            Workers = stage.Workers?.Value ?? plain.Workers,
            Retries = stage.Retries?.Value ?? plain.Retries,
            Timeout = stage.Timeout?.Value,
            FullMode = stage.FullMode?.Value ?? plain.FullMode,
            MaxResults = draft.MaxResults?.Value ?? Math.Max(DefaultMaxBytes, maxBytes),
            OneToOne = draft.OneToOne.Any(o => o.Value == plain.Name) || (stage.OneToOne?.Value ?? false),
            IsPersistent = draft.Persistent.Any(o => o.Value == plain.Name) || (stage.Persistent?.Value ?? false),
            OnStageFailure =
                draft.OnStageFailures.LastOrDefault(o => o.Stage.Value == plain.Name)?.Mode
                ?? stage.OnStageFailure?.Value
                ?? plain.OnStageFailure,
            OkExitCodes = named.Count > 0 ? named : stage.OkExit ?? plain.OkExitCodes,
        };
    }

    static string ListStages(PipelineDraft draft) =>
        draft.Stages.Count == 0
            ? "the name of a stage, and no stage is given"
            : "one of " + string.Join(", ", draft.Stages.Select(s => s.Name!.Value));
}
