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
        "Read lines from PATH, or from standard input if PATH is -. Repeatable; each path is a separate source. If no file has that path, *, ? and [a-z] match characters other than / ('logs/*.log', quoted): each matching file is a source, in the order of their names. A file is decompressed if its name ends in .gz, whatever its content.",
        Values.SourcePath.Right
    );
    readonly Option<bool> follow = new("--follow")
    {
        Description =
            "Read the files of --source as they grow, until Ctrl-C, including files that match a pattern later. Files may be rotated by renaming or by copying and truncating. Lost lines and unclear cases are reported. Not for standard input, pipes and .gz files. In a pipeline file: \"follow\": true in a source.",
    };
    readonly Flag sink = Flag.CreateSingle(
        "--sink",
        "PATH",
        "Write results to PATH, or to standard output if PATH is -. An existing file is replaced when the first line is written, or when the run ends without one; with --data it must be empty or written by an earlier run with the same DIR. A file whose name ends in .gz is written compressed. Default: -",
        Values.SinkPath
    );
    readonly Flag pipeline = Flag.CreateSingle(
        "--pipeline",
        "FILE.json",
        "Read these settings from a file. Flags override the file: --source and --sink replace those of the file; --batch, --workers and similar flags apply to every stage.",
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
            "The first line of each source is its header: every batch begins with it, and the sink begins with the header that the commands write, once.",
    };
    readonly Flag lastLine = Flag.CreateSingle(
        "--last-line",
        "take|keep",
        "What to do if the last line of a file does not end with a newline: take it, or keep it in the file for a run that finds it complete. Default: take; with --data: keep",
        Values.LastLine
    );
    readonly Flag changed = Flag.CreateSingle(
        "--changed",
        "accept",
        "With --data: continue even if a source is now a different file (it is read from its beginning) or the stages are different. Default: such a run is refused. A stage with waiting records cannot be removed: conveyor drain takes them out.",
        Values.Changed
    );
    readonly Option<bool> keepOrder = new("--keep-order")
    {
        Description = "Keep each source's order through stages with several workers.",
    };
    readonly Flag deadLetters = Flag.CreateSingle(
        "--dead-letters",
        "PATH",
        "Write every dead letter to PATH as a line of JSON, with its reason. An existing file is replaced when the first dead letter is written, or when the run ends without one; with --data it is appended to. A file whose name ends in .gz is written compressed.",
        Values.FilePath
    );
    readonly Flag data = Flag.CreateSingle(
        "--data",
        "DIR",
        "Keep the state of the run in DIR: a run that was stopped or killed continues where it stopped, and from files to a file every line goes through exactly once.",
        Values.DirectoryPath
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
        "How long running commands may take to finish after Ctrl-C. Default: 10s",
        Values.Duration
    );

    readonly Flag listen = Flag.CreateOptional(
        "--listen",
        "ADDRESS:PORT",
        $"Serve the dashboard, metrics and inspection, read-only, during the run. The address must be a loopback address; port 0 is any free port. Without a value: {ConveyorServerOptions.DefaultListen}",
        ListenAddress.LocalKind,
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
                $"--stage is given together with --pipeline {Printable.Quote(file)}; the stages must be in only one of the two"
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
        var given = listen.Read(parsed, ListenAddress.LocalKind, inputErrors);
        // The server reads its log levels from there.
        if (given is not null)
            SettingsFile.Load(inputErrors);
        if (given is null || IPAddress.IsLoopback(given.Value.Address))
            return given?.Value;
        inputErrors.AddWrong(
            listen.Name,
            given.Text,
            "127.0.0.1:PORT or [::1]:PORT, which other machines cannot reach; a proxy with TLS can forward their requests"
        );
        return null;
    }

    PipelineDraft CreateDraft(ParseResult parsed, InputErrors inputErrors)
    {
        var failures = stages.ReadStageFailures(parsed, inputErrors);
        var draft = new PipelineDraft
        {
            Sources = [.. source.ReadAll(parsed, Values.SourcePath, inputErrors).Select(p => new SourceDraft(null, p))],
            Follow = ReadSwitch(follow, parsed),
            Stages = stages.ReadStages(parsed, inputErrors),
            OkExits = stages.ReadOkExits(parsed, inputErrors),
            OnStageFailures =
            [
                .. failures
                    .Where(f => f.Stage is not null)
                    .Select(f => new OnStageFailureDraft(f.Stage!, f.Mode.Value)),
            ],
            Sink = sink.Read(parsed, Values.SinkPath, inputErrors),
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
