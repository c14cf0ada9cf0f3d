using System.CommandLine;
using System.Net;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http.Server;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>The options of <c>conveyor run</c>, and their conversion to a draft.</summary>
sealed class RunFlags
{
    readonly StageFlags stages = new();
    readonly LimitFlags limits = new();
    readonly Flag source = Flag.CreateRepeatable(
        "--source",
        "PATH",
        "Read lines from PATH, or - for standard input. Repeatable; each is a source of its own. Where no file has that path, *, ? and [a-z] stand for characters other than / ('logs/*.log', quoted): each match is a source, in the order of their names. A file whose name ends in .gz is decompressed; what is in a file is never looked at for that.",
        Values.Path.Right
    );
    readonly Option<bool> follow = new("--follow")
    {
        Description =
            "Read the files of --source as they grow, until Ctrl-C: through rotation by renaming and by copying and truncating, and what comes to match a pattern, too. What is unclear, or was lost, is reported. Not for standard input, pipes and .gz files. In a pipeline file \"follow\": true of a source.",
    };
    readonly Flag sink = Flag.CreateSingle(
        "--sink",
        "PATH",
        "Write results to PATH, or - for standard output. A file that exists is replaced when the first line is written, or the run ends with none; with --data it must be one that such a run has written, or empty. A file whose name ends in .gz is written compressed. Default: -",
        Values.Path
    );
    readonly Flag pipeline = Flag.CreateSingle(
        "--pipeline",
        "FILE.json",
        "Read all this from a file. Flags win over the file: --source and --sink replace the file's, --batch, --workers and the like rule every stage.",
        Values.FilePath
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
    readonly Flag lastLine = Flag.CreateSingle(
        "--last-line",
        "take|keep",
        "What to do when the last line of a file has no end: take it, or keep it in the file for the run that finds its end. Default: take, and keep with --data",
        Values.LastLine
    );
    readonly Flag changed = Flag.CreateSingle(
        "--changed",
        "accept",
        "With --data: continue although a source is another file now (it is read from its beginning) or the stages are others. Default: such a run is refused.",
        Values.Changed
    );
    readonly Option<bool> keepOrder = new("--keep-order")
    {
        Description = "Keep each source's order through stages with several workers.",
    };
    readonly Flag deadLetters = Flag.CreateSingle(
        "--dead-letters",
        "PATH",
        "Write every dead letter to PATH as a line of JSON, with its reason. A file that exists is replaced with the first one, or when the run ends with none; with --data it is appended to. A file whose name ends in .gz is written compressed.",
        Values.FilePath
    );
    readonly Flag data = Flag.CreateSingle(
        "--data",
        "DIR",
        "Keep everything in DIR: a run that was stopped or killed continues where it was, and from files to a file every line goes through exactly once.",
        Values.FilePath
    );
    readonly Flag progress = Flag.CreateSingle(
        "--progress",
        "MODE",
        "auto, live, plain or none; on standard error. Default: auto",
        ProgressModes.Kind
    );
    readonly Flag stopDeadline = Flag.CreateSingle(
        "--stop-deadline",
        "TIME",
        "How long Ctrl-C lets running commands finish. Default: 10s",
        Values.Duration
    );

    readonly Flag listen = Flag.CreateOptional(
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
            stages.Stage,
            stages.OkExit,
            sink,
            pipeline,
            stages.Batch,
            stages.Workers,
            stages.Retries,
            stages.Timeout,
            stages.OnStageFailure,
            .. limits.All,
            stages.FullMode,
            nullEnds,
            header,
            lastLine,
            stages.OneToOne,
            stages.Persistent,
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

    /// <summary>Reads and checks the user's request. Errors are added to <paramref name="inputErrors"/>.</summary>
    public RunRequest Read(ParseResult parsed, InputErrors inputErrors)
    {
        var mode = progress.Read(parsed, ProgressModes.Kind, inputErrors)?.Value ?? ProgressMode.Auto;
        var flags = CreateDraft(parsed, inputErrors);
        var file = pipeline.Read(parsed, Values.FilePath, inputErrors)?.Value;
        if (file is not null && flags.Stages.Count > 0)
            inputErrors.Add(
                $"--stage is given together with --pipeline {Printable.Quote(file)}; the stages must be in one of the two"
            );
        var draft = file is null ? flags : PipelineFile.Read(file, inputErrors).OverrideWith(flags);
        return new(inputErrors.Any ? null : DraftChecks.Build(draft, inputErrors), mode, draft.Data?.Value, file)
        {
            MaxInMemory = draft.MaxInMemory?.Value,
            Listen = ReadListen(parsed, inputErrors),
        };
    }

    IPEndPoint? ReadListen(ParseResult parsed, InputErrors inputErrors)
    {
        var given = listen.Read(parsed, ListenAddress.Kind, inputErrors);
        if (given is null || IPAddress.IsLoopback(given.Value.Address))
            return given?.Value;
        inputErrors.AddWrong(
            listen.Name,
            given.Text,
            "127.0.0.1:PORT or [::1]:PORT, where other machines do not reach it; a proxy with TLS can pass their requests on"
        );
        return null;
    }

    PipelineDraft CreateDraft(ParseResult parsed, InputErrors inputErrors)
    {
        var failures = stages.ReadStageFailures(parsed, inputErrors);
        var draft = new PipelineDraft
        {
            Sources = [.. source.ReadAll(parsed, Values.Path, inputErrors).Select(p => new SourceDraft(null, p))],
            Follow = ReadSwitch(follow, parsed),
            Stages = stages.ReadStages(parsed, inputErrors),
            OkExits = stages.ReadOkExits(parsed, inputErrors),
            OnStageFailures =
            [
                .. failures
                    .Where(f => f.Stage is not null)
                    .Select(f => new OnStageFailureDraft(f.Stage!, f.Mode.Value)),
            ],
            Sink = sink.Read(parsed, Values.Path, inputErrors),
            AllStages = stages.ReadAllStages(parsed, failures, inputErrors),
        };
        return limits.ReadInto(draft, parsed, inputErrors) with
        {
            Null = ReadSwitch(nullEnds, parsed),
            Header = ReadSwitch(header, parsed),
            LastLine = lastLine.Read(parsed, Values.LastLine, inputErrors),
            OneToOne = stages.OneToOne.ReadAll(parsed, Values.Name, inputErrors),
            Persistent = stages.Persistent.ReadAll(parsed, Values.Name, inputErrors),
            Changed = changed.Read(parsed, Values.Changed, inputErrors),
            KeepOrder = ReadSwitch(keepOrder, parsed),
            DeadLetters = deadLetters.Read(parsed, Values.FilePath, inputErrors),
            Data = data.Read(parsed, Values.DirectoryPath, inputErrors),
            StopDeadline = stopDeadline.Read(parsed, Values.Duration, inputErrors),
        };
    }

    static InputValue<bool>? ReadSwitch(Option<bool> option, ParseResult parsed) =>
        parsed.GetValue(option) ? new(true, option.Name, "") : null;
}
