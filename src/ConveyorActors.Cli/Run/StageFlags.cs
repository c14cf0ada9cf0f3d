using System.CommandLine;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>The options of <c>conveyor run</c> for one named stage or for all stages.</summary>
sealed class StageFlags
{
    const string StageForm = "NAME=COMMAND, such as 'slim=cut -f1,3'";
    const string OkExitForm = "NAME=CODES, such as busy=0,1 with codes from 0 to 255";

    const string OnStageFailureForm = "pause, stop or dead-letter, or NAME= and one of them for one stage";

    public Flag Stage { get; } =
        Flag.CreateRepeatable(
            "--stage",
            "NAME=COMMAND",
            "A shell command that reads a batch of lines on standard input and writes result lines on standard output. Repeatable, in order. Without one, lines go to the sink as they are.",
            StageForm
        );

    public Flag OkExit { get; } =
        Flag.CreateRepeatable(
            "--ok-exit",
            "NAME=CODES",
            "The exit codes of a stage's command that mean success, such as busy=0,1 for grep. Default: 0. Repeatable.",
            OkExitForm
        );

    public Flag Batch { get; } =
        Flag.CreateSingle(
            "--batch",
            "N",
            "Maximum lines given to one command. Default: few at first, then more while commands take less than 100 ms and get less than 1 MiB",
            Values.Batch
        );

    public Flag Workers { get; } =
        Flag.CreateSingle(
            "--workers",
            "N",
            "The number of commands of one stage that run at the same time. Default: the number of cores",
            Values.Workers
        );

    public Flag Retries { get; } =
        Flag.CreateSingle(
            "--retries",
            "N",
            "How often a line that fails on its own is retried before it becomes a dead letter. Default: 3",
            Values.Retries
        );

    public Flag Timeout { get; } =
        Flag.CreateSingle(
            "--timeout",
            "TIME",
            "How long one command may take (500ms, 5s, 2m); then it is killed with its children. With --persistent: how long a line may wait for its reply. Default: for ever",
            Values.Duration
        );

    public Flag OnStageFailure { get; } =
        Flag.CreateRepeatable(
            "--on-stage-failure",
            "[NAME=]MODE",
            "What to do when a stage fails as a whole: several lines in a row, each run alone, fail in the same way and no other line succeeds. No retry is counted then. "
                + "pause: a stage that never succeeded ends the run; a stage that succeeded before waits until a line succeeds. stop: the run ends. dead-letter: each such line becomes a dead letter. "
                + "Repeatable. Default: pause",
            OnStageFailureForm
        );

    public Flag FullMode { get; } =
        Flag.CreateSingle(
            "--full-mode",
            "MODE",
            "What a full stage does: wait, reject, drop-oldest or drop-newest. Default: wait",
            Values.FullMode
        );

    public Flag OneToOne { get; } =
        Flag.CreateRepeatable(
            "--one-to-one",
            "NAME",
            "A batch of this stage fails if its command does not write exactly one line for each line it reads. Repeatable.",
            Values.Name.Right
        );

    public Flag Persistent { get; } =
        Flag.CreateRepeatable(
            "--persistent",
            "NAME",
            "The command of this stage keeps running: it is started once per worker, reads one line at a time, and must write exactly one line for each at once, as with "
                + "sed -u, jq --unbuffered, gawk with fflush(), mawk -W interactive or stdbuf -oL. A line fails if its reply does not come within --timeout, which for the first lines includes the start of the command, or if the command exits instead of replying. Repeatable.",
            Values.Name.Right
        );

    /// <summary>Reads the stages in order.</summary>
    public IReadOnlyList<StageDraft> ReadStages(ParseResult parsed, InputErrors inputErrors) =>
        [.. Stage.GetTexts(parsed).Select(t => ReadStage(t, inputErrors)).OfType<StageDraft>()];

    /// <summary>Reads the exit codes of stages that mean success.</summary>
    public IReadOnlyList<OkExitDraft> ReadOkExits(ParseResult parsed, InputErrors inputErrors) =>
        [.. OkExit.GetTexts(parsed).Select(t => ReadOkExit(t, inputErrors)).OfType<OkExitDraft>()];

    /// <summary>Reads the actions when a stage fails as a whole.</summary>
    public IReadOnlyList<StageFailureChoice> ReadStageFailures(ParseResult parsed, InputErrors inputErrors) =>
        [.. OnStageFailure.GetTexts(parsed).Select(t => ReadStageFailure(t, inputErrors)).OfType<StageFailureChoice>()];

    /// <summary>Reads the settings that apply to every stage.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="failures">
    /// The actions when a stage fails as a whole; the last one that names no stage applies.
    /// </param>
    /// <param name="inputErrors">Receives the errors.</param>
    public StageDraft ReadAllStages(
        ParseResult parsed,
        IReadOnlyList<StageFailureChoice> failures,
        InputErrors inputErrors
    ) =>
        new()
        {
            Batch = Batch.Read(parsed, Values.Batch, inputErrors),
            Workers = Workers.Read(parsed, Values.Workers, inputErrors),
            Retries = Retries.Read(parsed, Values.Retries, inputErrors),
            Timeout = Timeout.Read(parsed, Values.Duration, inputErrors),
            OnStageFailure = failures.LastOrDefault(f => f.Stage is null)?.Mode,
            FullMode = FullMode.Read(parsed, Values.FullMode, inputErrors),
        };

    StageDraft? ReadStage(string text, InputErrors inputErrors)
    {
        if (
            NameAndValue.TryRead(text, out var parts)
            && Values.Name.TryRead(parts.Name, out _)
            && Values.Command.TryRead(parts.Value, out _)
        )
            return new()
            {
                Name = new(parts.Name, Stage.Name, parts.Name),
                Command = new(parts.Value, Stage.Name, parts.Value),
            };
        var isNameWrong = parts.Name is { Length: > 0 } name && !Values.Name.TryRead(name, out _);
        inputErrors.AddWrong(Stage.Name, text, isNameWrong ? $"{StageForm}, and NAME {Values.Name.Right}" : StageForm);
        return null;
    }

    OkExitDraft? ReadOkExit(string text, InputErrors inputErrors)
    {
        if (NameAndValue.TryRead(text, out var parts))
        {
            var codes = new List<int>();
            if (
                parts
                    .Value.Split(',')
                    .All(t =>
                    {
                        var ok = Values.ExitCode.TryRead(t.Trim(), out var code);
                        codes.Add(code);
                        return ok;
                    })
            )
                return new(new(parts.Name, OkExit.Name, text), codes);
        }

        inputErrors.AddWrong(OkExit.Name, text, OkExitForm);
        return null;
    }

    StageFailureChoice? ReadStageFailure(string text, InputErrors inputErrors)
    {
        if (Values.OnStageFailure.TryRead(text, out var mode))
            return new(null, new(mode, OnStageFailure.Name, text));
        if (NameAndValue.TryRead(text, out var parts) && Values.OnStageFailure.TryRead(parts.Value, out mode))
            return new(new(parts.Name, OnStageFailure.Name, text), new(mode, OnStageFailure.Name, text));
        inputErrors.AddWrong(OnStageFailure.Name, text, OnStageFailureForm);
        return null;
    }
}

/// <summary>The action when a stage fails as a whole.</summary>
/// <param name="Stage">The stage; null: every stage.</param>
/// <param name="Mode">The action.</param>
sealed record StageFailureChoice(InputValue<string>? Stage, InputValue<StageFailureMode> Mode);
