using System.CommandLine;
using System.Net;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http.Server;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>The options of <c>conveyor run</c>, and how they become a draft.</summary>
sealed class RunFlags
{
    const string StageForm = "NAME=COMMAND, such as 'slim=cut -f1,3'";
    const string OkExitForm = "NAME=CODES, such as busy=0,1 with codes from 0 to 255";

    const string OnStageFailureForm = "pause, stop or dead-letter, or NAME= and one of them for one stage";

    readonly Flag source = Flag.Many(
        "--source",
        "PATH",
        "Read lines from PATH, or - for standard input. Repeatable; each is a source of its own. Where no file has that path, *, ? and [a-z] stand for characters other than / ('logs/*.log', quoted): each match is a source, in the order of their names. A file whose name ends in .gz is decompressed; what is in a file is never looked at for that.",
        Values.Path.Right
    );
    readonly Option<bool> follow = new("--follow")
    {
        Description =
            "Read the files of --source as they grow, until Ctrl-C: through rotation by renaming and by copying and truncating, and what comes to match a pattern, too. What cannot be told, or was lost, is reported. Not for standard input, pipes and .gz files. In a pipeline file \"follow\": true of a source.",
    };
    readonly Flag stage = Flag.Many(
        "--stage",
        "NAME=COMMAND",
        "A shell command that reads a batch of lines on standard input and writes result lines on standard output. Repeatable, in order.",
        StageForm
    );
    readonly Flag okExit = Flag.Many(
        "--ok-exit",
        "NAME=CODES",
        "The exit codes of a stage's command that mean done, such as busy=0,1 for grep. Default: 0. Repeatable.",
        OkExitForm
    );
    readonly Flag sink = Flag.One(
        "--sink",
        "PATH",
        "Write results to PATH, or - for standard output. A file that exists is replaced when the first line is written, or the run ends with none; with --data it must be one that such a run has written, or empty. A file whose name ends in .gz is written compressed. Default: -",
        Values.Path
    );
    readonly Flag pipeline = Flag.One(
        "--pipeline",
        "FILE.json",
        "Read all this from a file. Flags win over the file: --source and --sink replace the file's, --batch, --workers and the like rule every stage.",
        Values.FilePath
    );
    readonly Flag batch = Flag.One(
        "--batch",
        "N",
        "Lines given to one command at most. Default: few at first, then more while commands take less than 100 ms and get less than 1 MiB",
        Values.Batch
    );
    readonly Flag workers = Flag.One(
        "--workers",
        "N",
        "Commands of one stage that run at the same time. Default: the number of cores",
        Values.Workers
    );
    readonly Flag retries = Flag.One(
        "--retries",
        "N",
        "How often a line that fails alone is tried again before it is a dead letter. Default: 3",
        Values.Retries
    );
    readonly Flag timeout = Flag.One(
        "--timeout",
        "TIME",
        "How long one command may take (500ms, 5s, 2m); then it is killed with its children. With --persistent: how long a line may wait for its reply. Default: for ever",
        Values.Duration
    );
    readonly Flag onStageFailure = Flag.Many(
        "--on-stage-failure",
        "[NAME=]MODE",
        "What to do when several lines in a row, each alone, fail alike and no other goes through: the stage is what is wrong, and nothing is charged. "
            + "pause: one that has never succeeded ends the run, one that has waits until a line goes through. stop: the run ends. dead-letter: each line is one. "
            + "Repeatable. Default: pause",
        OnStageFailureForm
    );
    readonly Flag maxTotal = Flag.One(
        "--max-total",
        "N",
        "Lines in the whole pipeline at most. Default: 200,000",
        Values.Records
    );
    readonly Flag maxPerStage = Flag.One(
        "--max-per-stage",
        "N",
        "Lines waiting or in work at one stage at most. Default: 100,000",
        Values.Records
    );
    readonly Flag maxPerSource = Flag.One(
        "--max-per-source",
        "N",
        "Lines of one source in the pipeline at most. Default: 200,000 divided by the number of sources, at least 5,000",
        Values.Records
    );
    readonly Flag maxBytes = Flag.One(
        "--max-bytes",
        "SIZE",
        "Bytes of lines in the whole pipeline at most. Default: 64MiB",
        Values.Bytes
    );
    readonly Flag maxInMemory = Flag.One(
        "--max-in-memory",
        "SIZE",
        "With --data: bytes of waiting lines in memory at most, with 64 for each line counted in. The lines after them are only in DIR until their turn comes. Default: 64MiB",
        Values.Bytes
    );
    readonly Flag maxResults = Flag.One(
        "--max-results",
        "SIZE",
        "Bytes that one command may write for its batch, 24 for each line counted in; more fails the batch. Default: as --max-bytes, at least 64MiB",
        Values.Bytes
    );
    readonly Flag threshold = Flag.One(
        "--threshold",
        "FILL",
        "The fill at which sources are paused; they go on at three quarters of it. Default: 0.8",
        Values.Threshold
    );
    readonly Flag maxLine = Flag.One(
        "--max-line",
        "SIZE",
        "The longest line; a longer one is reported and goes to the dead letters. Default: 1MiB",
        Values.Line
    );
    readonly Flag fullMode = Flag.One(
        "--full-mode",
        "MODE",
        "What a full stage does: wait, reject, drop-oldest or drop-newest. Default: wait",
        Values.FullMode
    );
    readonly Option<bool> nullEnds = new("--null", "-0")
    {
        Description =
            "Records end with NUL instead of a newline: in sources, between stages and in the sink, as for xargs -0 and sort -z.",
    };
    readonly Option<bool> header = new("--header")
    {
        Description =
            "The first line of each source is its header: every batch gets it first, and the sink has once, at its beginning, what the commands make of it.",
    };
    readonly Flag lastLine = Flag.One(
        "--last-line",
        "take|keep",
        "What to do when the last line of a file has no end: take it, or keep it in the file for the run that finds its end. Default: take, and keep with --data",
        Values.LastLine
    );
    readonly Flag oneToOne = Flag.Many(
        "--one-to-one",
        "NAME",
        "A batch of this stage has failed when its command did not write exactly one line for each line it was given. Repeatable.",
        Values.Name.Right
    );
    readonly Flag persistent = Flag.Many(
        "--persistent",
        "NAME",
        "The command of this stage stays: it is started once per worker, gets one line after the other, and must write exactly one line for each at once, as with "
            + "sed -u, jq --unbuffered, gawk with fflush(), mawk -W interactive or stdbuf -oL. A line without a reply within --timeout, or with which the command exits, has failed. Repeatable.",
        Values.Name.Right
    );
    readonly Flag changed = Flag.One(
        "--changed",
        "accept",
        "With --data: go on although a source is another file now (it is read from its beginning) or the stages are others. Default: such a run is refused.",
        Values.Changed
    );
    readonly Option<bool> keepOrder = new("--keep-order")
    {
        Description = "Keep each source's order through stages with several workers.",
    };
    readonly Flag deadLetters = Flag.One(
        "--dead-letters",
        "PATH",
        "Write every dead letter to PATH as a line of JSON, with its reason. A file that exists is replaced with the first one, or when the run ends with none; with --data it is appended to. A file whose name ends in .gz is written compressed.",
        Values.FilePath
    );
    readonly Flag data = Flag.One(
        "--data",
        "DIR",
        "Keep everything in DIR: a run that was stopped or killed goes on where it was, and from files to a file every line goes through exactly once.",
        Values.FilePath
    );
    readonly Flag progress = Flag.One(
        "--progress",
        "MODE",
        "auto, live, plain or none; on standard error. Default: auto",
        ProgressModes.Kind
    );
    readonly Flag stopDeadline = Flag.One(
        "--stop-deadline",
        "TIME",
        "How long Ctrl-C lets running commands finish. Default: 10s",
        Values.Duration
    );

    readonly Flag listen = Flag.Optional(
        "--listen",
        "ADDRESS:PORT",
        $"Serve the dashboard, metrics and inspection while it runs; they read only. The address must be one of this machine's loopback; port 0 is any that is free. Without a value: {ConveyorServerOptions.DefaultListen}",
        ListenAddress.Kind,
        ConveyorServerOptions.DefaultListen
    );

    public void AddTo(Command command)
    {
        Option[] all =
        [
            source,
            follow,
            stage,
            okExit,
            sink,
            pipeline,
            batch,
            workers,
            retries,
            timeout,
            onStageFailure,
            maxTotal,
            maxPerStage,
            maxPerSource,
            maxBytes,
            maxInMemory,
            maxResults,
            threshold,
            maxLine,
            fullMode,
            nullEnds,
            header,
            lastLine,
            oneToOne,
            persistent,
            changed,
            keepOrder,
            deadLetters,
            data,
            progress,
            listen,
            stopDeadline,
        ];
        foreach (var option in all)
            command.Options.Add(option);
    }

    /// <summary>Everything the user asked for, checked value by value. InputErrors say what is wrong with it.</summary>
    public RunRequest Read(ParseResult parsed, InputErrors inputErrors)
    {
        var mode =
            inputErrors.Read(ProgressModes.Kind, progress.Name, progress.Text(parsed))?.Value ?? ProgressMode.Auto;
        var flags = Draft(parsed, inputErrors);
        var file = inputErrors.Read(Values.FilePath, pipeline.Name, pipeline.Text(parsed))?.Value;
        if (file is not null && flags.Stages.Count > 0)
            inputErrors.Add(
                $"--stage is given together with --pipeline {Printable.Quoted(file)}; the stages must be in one of the two"
            );
        var draft = file is null ? flags : PipelineFile.Read(file, inputErrors).Overlaid(flags);
        return new(inputErrors.Any ? null : DraftChecks.Build(draft, inputErrors), mode, draft.Data?.Value, file)
        {
            MaxInMemory = draft.MaxInMemory?.Value,
            Listen = ReadListen(parsed, inputErrors),
        };
    }

    IPEndPoint? ReadListen(ParseResult parsed, InputErrors inputErrors)
    {
        var given = inputErrors.Read(ListenAddress.Kind, listen.Name, listen.Text(parsed));
        if (given is null || IPAddress.IsLoopback(given.Value.Address))
            return given?.Value;
        inputErrors.Wrong(
            listen.Name,
            given.Text,
            "127.0.0.1:PORT or [::1]:PORT, where other machines do not reach it; a proxy with TLS can pass their requests on"
        );
        return null;
    }

    PipelineDraft Draft(ParseResult parsed, InputErrors inputErrors)
    {
        InputValue<T>? Read<T>(Flag flag, ValueKind<T> kind) => inputErrors.Read(kind, flag.Name, flag.Text(parsed));
        var failures = onStageFailure
            .Texts(parsed)
            .Select(t => ReadOnStageFailure(t, inputErrors))
            .OfType<StageFailureChoice>()
            .ToList();
        return new PipelineDraft
        {
            Sources =
            [
                .. source
                    .Texts(parsed)
                    .Select(t => inputErrors.Read(Values.Path, source.Name, t))
                    .OfType<InputValue<string>>()
                    .Select(p => new SourceDraft(null, p)),
            ],
            Follow = parsed.GetValue(follow) ? new(true, follow.Name, "") : null,
            Stages = [.. stage.Texts(parsed).Select(t => ReadStage(t, inputErrors)).OfType<StageDraft>()],
            OkExits = [.. okExit.Texts(parsed).Select(t => ReadOkExit(t, inputErrors)).OfType<OkExitDraft>()],
            OnStageFailures =
            [
                .. failures
                    .Where(f => f.Stage is not null)
                    .Select(f => new OnStageFailureDraft(f.Stage!, f.Mode.Value)),
            ],
            Sink = Read(sink, Values.Path),
            AllStages = new StageDraft
            {
                Batch = Read(batch, Values.Batch),
                Workers = Read(workers, Values.Workers),
                Retries = Read(retries, Values.Retries),
                Timeout = Read(timeout, Values.Duration),
                OnStageFailure = failures.LastOrDefault(f => f.Stage is null)?.Mode,
                FullMode = Read(fullMode, Values.FullMode),
            },
            MaxTotal = Read(maxTotal, Values.Records),
            MaxPerStage = Read(maxPerStage, Values.Records),
            MaxPerSource = Read(maxPerSource, Values.Records),
            MaxBytes = Read(maxBytes, Values.Bytes),
            MaxInMemory = Read(maxInMemory, Values.Bytes),
            MaxResults = Read(maxResults, Values.Bytes),
            Threshold = Read(threshold, Values.Threshold),
            MaxLine = Read(maxLine, Values.Line),
            Null = parsed.GetValue(nullEnds) ? new(true, nullEnds.Name, "") : null,
            Header = parsed.GetValue(header) ? new(true, header.Name, "") : null,
            LastLine = Read(lastLine, Values.LastLine),
            OneToOne =
            [
                .. oneToOne
                    .Texts(parsed)
                    .Select(t => inputErrors.Read(Values.Name, oneToOne.Name, t))
                    .OfType<InputValue<string>>(),
            ],
            Persistent =
            [
                .. persistent
                    .Texts(parsed)
                    .Select(t => inputErrors.Read(Values.Name, persistent.Name, t))
                    .OfType<InputValue<string>>(),
            ],
            Changed = Read(changed, Values.Changed),
            KeepOrder = parsed.GetValue(keepOrder) ? new(true, keepOrder.Name, "") : null,
            DeadLetters = Read(deadLetters, Values.FilePath),
            Data = Read(data, Values.DirectoryPath),
            StopDeadline = Read(stopDeadline, Values.Duration),
        };
    }

    StageDraft? ReadStage(string text, InputErrors inputErrors)
    {
        if (
            NameAndValue.TryRead(text, out var parts)
            && Values.Name.TryRead(parts.Name, out _)
            && Values.Command.TryRead(parts.Value, out _)
        )
            return new()
            {
                Name = new(parts.Name, stage.Name, parts.Name),
                Command = new(parts.Value, stage.Name, parts.Value),
            };
        inputErrors.Wrong(stage.Name, text, StageForm);
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
                return new(new(parts.Name, okExit.Name, text), codes);
        }

        inputErrors.Wrong(okExit.Name, text, OkExitForm);
        return null;
    }

    /// <summary>An option for one stage, or for all if no stage is named.</summary>
    sealed record StageFailureChoice(InputValue<string>? Stage, InputValue<StageFailureMode> Mode);

    StageFailureChoice? ReadOnStageFailure(string text, InputErrors inputErrors)
    {
        if (Values.OnStageFailure.TryRead(text, out var mode))
            return new(null, new(mode, onStageFailure.Name, text));
        if (NameAndValue.TryRead(text, out var parts) && Values.OnStageFailure.TryRead(parts.Value, out mode))
            return new(new(parts.Name, onStageFailure.Name, text), new(mode, onStageFailure.Name, text));
        inputErrors.Wrong(onStageFailure.Name, text, OnStageFailureForm);
        return null;
    }
}
