using System.CommandLine;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests.Run;

public class RunFlagsTests
{
    [Theory]
    [InlineData("127.0.0.1:7070", "--listen")]
    [InlineData("127.0.0.1:7070", "--listen", "--batch", "5")]
    [InlineData("127.0.0.1:8080", "--listen", "localhost:8080")]
    [InlineData("[::1]:8080", "--listen=[::1]:8080")]
    [InlineData(null)]
    public void Listen_may_be_given_without_an_address(string? expected, params string[] flags)
    {
        var (parsed, all) = Parse(["--source", "in.txt", "--stage", "up=tr a-z A-Z", .. flags]);
        var inputErrors = new InputErrors();

        var request = all.Read(parsed, inputErrors);

        Assert.Empty(UsageErrors.Describe(parsed));
        Assert.Empty(inputErrors.All);
        Assert.Equal(expected, request.Listen?.ToString());
    }

    static (ParseResult Parsed, RunFlags Flags) Parse(string[] arguments)
    {
        var flags = new RunFlags();
        var command = new Command("run");
        flags.AddTo(command);
        return (command.Parse(arguments), flags);
    }

    [Theory]
    [InlineData("--batch", "x", "a whole number from 1 to 1,000,000 lines")]
    [InlineData("--batch", "0", "a whole number from 1 to 1,000,000 lines")]
    [InlineData("--batch", "1.5", "a whole number from 1 to 1,000,000 lines")]
    [InlineData("--workers", "0", "a whole number from 1 to 1,024 commands at a time")]
    [InlineData("--workers", "99999999999999999999", "a whole number from 1 to 1,024 commands at a time")]
    [InlineData("--retries", "-1", "a whole number from 0 to 1,000,000")]
    [InlineData("--timeout", "5", "a duration such as 500ms, 5s or 2m")]
    [InlineData("--timeout", "never", "a duration such as 500ms, 5s or 2m")]
    [InlineData("--stop-deadline", "0s", "a duration such as 500ms, 5s or 2m")]
    [InlineData("--max-total", "0", "a whole number from 1 to 2,000,000,000 records")]
    [InlineData("--max-per-stage", "two", "a whole number from 1 to 2,000,000,000 records")]
    [InlineData("--max-per-source", "3000000000", "a whole number from 1 to 2,000,000,000 records")]
    [InlineData("--max-bytes", "many", "a size such as 64MiB")]
    [InlineData("--max-bytes", "0", "a size such as 64MiB")]
    [InlineData("--max-line", "2GiB", "a size such as 1MiB, from 1B to 1GiB")]
    [InlineData("--threshold", "0", "a number above 0 and at most 1")]
    [InlineData("--threshold", "1.01", "a number above 0 and at most 1")]
    [InlineData("--threshold", "NaN", "a number above 0 and at most 1")]
    [InlineData("--full-mode", "explode", "wait, reject, drop-oldest or drop-newest")]
    [InlineData("--progress", "loud", "auto, live, plain or none")]
    [InlineData("--on-stage-failure", "explode", "pause, stop or dead-letter, or NAME= and one of them for one stage")]
    [InlineData(
        "--on-stage-failure",
        "up=explode",
        "pause, stop or dead-letter, or NAME= and one of them for one stage"
    )]
    [InlineData("--on-stage-failure", "=stop", "pause, stop or dead-letter, or NAME= and one of them for one stage")]
    [InlineData("--last-line", "drop", "take or keep")]
    [InlineData("--listen", "7070", "an address and a port such as 127.0.0.1:7070 or [::1]:7070")]
    [InlineData("--listen", "0.0.0.0:7070", "127.0.0.1:PORT or [::1]:PORT")]
    [InlineData("--changed", "yes", "accept")]
    [InlineData("--stage", "cut -f1", "NAME=COMMAND, such as 'slim=cut -f1,3'")]
    [InlineData("--stage", "=cut", "NAME=COMMAND, such as 'slim=cut -f1,3'")]
    [InlineData("--stage", "slim=", "NAME=COMMAND, such as 'slim=cut -f1,3'")]
    [InlineData("--stage", "slim= ", "NAME=COMMAND, such as 'slim=cut -f1,3'")]
    [InlineData("--ok-exit", "up", "NAME=CODES, such as busy=0,1")]
    [InlineData("--ok-exit", "up=0,x", "NAME=CODES, such as busy=0,1")]
    [InlineData("--ok-exit", "up=256", "NAME=CODES, such as busy=0,1")]
    [InlineData("--dead-letters", "-", "the path of a file")]
    [InlineData("--data", "-", "the path of a directory")]
    [InlineData("--data", " ", "the path of a directory")]
    [InlineData("--sink", " ", "a path, or - for standard output")]
    [InlineData("--source", "", "a path, or - for standard input")]
    [InlineData(
        "--max-bytes",
        "10XB",
        "a size such as 64MiB, from 1B to 1024TiB; the units are B, KiB, MiB, GiB, TiB,"
    )]
    [InlineData("--pipeline", "/nowhere/at/all.json", "a file of JSON, and there is none of that name")]
    public async Task A_wrong_value_is_reported_with_its_flag_and_the_valid_values(
        string flag,
        string value,
        string right
    )
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync(
            "run",
            "--source",
            "in.txt",
            "--stage",
            "up=cat",
            flag,
            value
        );

        Assert.Equal(2, exit);
        Assert.Empty(output);
        Assert.Contains($"conveyor: {flag} is '{value}'; it must be {right}", error, StringComparison.Ordinal);
        Assert.EndsWith("see conveyor run --help\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_character_in_the_name_of_a_stage_is_named_as_the_fault()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync("run", "--source", "a", "--stage", "na\nme=cat");

        Assert.Equal(2, exit);
        Assert.Contains(
            "--stage is 'na?me=cat'; it must be NAME=COMMAND, such as 'slim=cut -f1,3', and NAME a name of 1 to 200 characters without control characters",
            error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_flag_without_its_value_is_the_only_error_of_the_line()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync("run", "--source", "a", "--data", "--sink", "num.out");

        Assert.Equal(
            (
                2,
                "conveyor: --data has no value (--sink comes next); it must be the path of a directory\nsee conveyor run --help\n"
            ),
            (exit, error)
        );
    }

    [Theory]
    [InlineData("--source is missing; it must be a path, or - for standard input", "--stage", "up=cat")]
    [InlineData(
        "--max-in-memory is given without --data; without a data directory all waiting lines are in memory, and --max-bytes limits them",
        "--source",
        "in",
        "--max-in-memory",
        "1MiB"
    )]
    [InlineData("--changed is given without --data", "--source", "in", "--changed", "accept")]
    [InlineData("--source is '-' a second time", "--source", "-", "--source", "-")]
    [InlineData("--stage names a second stage 'up'", "--source", "a", "--stage", "up=cat", "--stage", "up=tr")]
    [InlineData(
        "--ok-exit names the stage 'pu'; it must be one of up",
        "--source",
        "a",
        "--stage",
        "up=cat",
        "--ok-exit",
        "pu=1"
    )]
    [InlineData(
        "--on-stage-failure names the stage 'pu'; it must be one of up",
        "--source",
        "a",
        "--stage",
        "up=cat",
        "--on-stage-failure",
        "pu=stop"
    )]
    [InlineData(
        "--one-to-one names the stage 'pu'; it must be one of up",
        "--source",
        "a",
        "--stage",
        "up=cat",
        "--one-to-one",
        "pu"
    )]
    [InlineData(
        "--persistent names the stage 'pu'; it must be one of up",
        "--source",
        "a",
        "--stage",
        "up=cat",
        "--persistent",
        "pu"
    )]
    [InlineData(
        "--ok-exit names the stage 'up'; it must be the name of a stage, and no stage is given",
        "--source",
        "a",
        "--ok-exit",
        "up=1"
    )]
    [InlineData(
        "--max-bytes is '10KiB'; it must be at least as much as --max-line, which is 1MiB",
        "--source",
        "a",
        "--max-bytes",
        "10KiB"
    )]
    [InlineData(
        "--max-bytes is '2MiB'; it must be at least as much as --max-line, which is 3MiB",
        "--source",
        "a",
        "--max-bytes",
        "2MiB",
        "--max-line",
        "3MiB"
    )]
    [InlineData("--batch has no value; it must be a whole number", "--source", "a", "--batch")]
    [InlineData(
        "--sink has no value (--keep-order comes next); it must be a path",
        "--source",
        "a",
        "--sink",
        "--keep-order"
    )]
    [InlineData("--batch is given 2 times; it must be given once", "--source", "a", "--batch", "1", "--batch", "2")]
    [InlineData("'--bach' is not an option of conveyor run; did you mean --batch?", "--source", "a", "--bach", "3")]
    [InlineData("'b' is not expected here", "--source", "a", "b")]
    public async Task Inconsistent_values_are_refused(string complaint, params string[] flags)
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync(["run", .. flags]);

        Assert.Equal(2, exit);
        Assert.Empty(output);
        Assert.Contains($"conveyor: {complaint}", error, StringComparison.Ordinal);
        Assert.EndsWith("see conveyor run --help\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_wrong_values_are_named_at_once()
    {
        var (_, _, error) = await TestTerminal.ConveyorAsync(
            "run",
            "--source",
            "a",
            "--batch",
            "x",
            "--workers",
            "y",
            "--threshold",
            "z"
        );

        Assert.Equal(4, error.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void Defaults_match_the_help()
    {
        var definition = Read("--source", "in.txt", "--stage", "up=tr a-z A-Z");

        Assert.Equal([new SourceDefinition("in.txt", "in.txt")], definition.Sources);
        Assert.Equal("-", definition.Sink.Path);
        Assert.Equal(1 << 20, definition.MaxLine);
        Assert.Equal(TimeSpan.FromSeconds(10), definition.StopDeadline);
        Assert.False(definition.KeepOrder);
        Assert.Null(definition.DeadLetterPath);
        Assert.Equal(
            new BufferSettings
            {
                MaxTotalBytes = 64 << 20,
                MaxTotalRecords = 200_000,
                MaxPerStage = 100_000,
                MaxPerSource = 200_000,
            },
            definition.Limits
        );
        var stage = Assert.Single(definition.Stages);
        Assert.Equal(
            ("up", "tr a-z A-Z", (int?)null, 3, null),
            (stage.Name, stage.Command, stage.Batch, stage.Retries, stage.Timeout)
        );
        Assert.Equal(Environment.ProcessorCount, stage.Workers);
        Assert.Equal(FullMode.Wait, stage.FullMode);
        Assert.Equal([0], stage.OkExitCodes);
    }

    [Theory]
    [InlineData(1, 200_000)]
    [InlineData(3, 66_666)]
    [InlineData(500, 5_000)]
    public void Sources_share_the_lines_of_the_pipeline_by_default(int sources, int perSource)
    {
        string[] flags =
        [
            .. Enumerable.Range(0, sources).SelectMany(i => new[] { "--source", $"in{i}" }),
            "--stage",
            "up=tr a-z A-Z",
        ];

        Assert.Equal(perSource, Read(flags).Limits.MaxPerSource);
    }

    [Fact]
    public void Every_flag_reaches_the_definition()
    {
        var definition = Read(
            "--source",
            "a",
            "--source",
            "-",
            "--stage",
            "one=x=y",
            "--stage",
            "two=b",
            "--ok-exit",
            "two=0,1",
            "--ok-exit",
            "two=7",
            "--sink",
            "out",
            "--batch",
            "7",
            "--workers",
            "3",
            "--retries",
            "0",
            "--timeout",
            "500ms",
            "--max-total",
            "30",
            "--max-per-stage",
            "20",
            "--max-per-source",
            "10",
            "--max-bytes",
            "2MiB",
            "--threshold",
            "0.5",
            "--max-line",
            "64KiB",
            "--full-mode",
            "drop-oldest",
            "--keep-order",
            "--dead-letters",
            "bad",
            "--stop-deadline",
            "2m"
        );

        Assert.Equal(["a", "stdin"], definition.Sources.Select(s => s.Name));
        Assert.Equal(["x=y", "b"], definition.Stages.Select(s => s.Command));
        Assert.Equal([0, 1, 7], definition.Stages[1].OkExitCodes);
        Assert.Equal([0], definition.Stages[0].OkExitCodes);
        Assert.All(
            definition.Stages,
            s =>
                Assert.Equal(
                    (7, 3, 0, TimeSpan.FromMilliseconds(500), FullMode.DropOldest),
                    (s.Batch, s.Workers, s.Retries, s.Timeout!.Value, s.FullMode)
                )
        );
        Assert.Equal(
            new BufferSettings
            {
                MaxTotalRecords = 30,
                MaxPerStage = 20,
                MaxPerSource = 10,
                MaxTotalBytes = 2 << 20,
                BackpressureThreshold = 0.5,
            },
            definition.Limits
        );
        Assert.Equal(
            ("out", "bad", 65_536, true),
            (definition.Sink.Path, definition.DeadLetterPath, definition.MaxLine, definition.KeepOrder)
        );
        Assert.Equal(TimeSpan.FromMinutes(2), definition.StopDeadline);
    }

    [Theory]
    [InlineData(StageFailureMode.Pause, StageFailureMode.Pause)]
    [InlineData(StageFailureMode.Stop, StageFailureMode.Stop, "stop")]
    [InlineData(StageFailureMode.DeadLetter, StageFailureMode.Stop, "stop", "one=dead-letter")]
    [InlineData(StageFailureMode.DeadLetter, StageFailureMode.Stop, "one=dead-letter", "stop")]
    [InlineData(StageFailureMode.Stop, StageFailureMode.Pause, "one=dead-letter", "one=stop")]
    public void The_stage_failure_mode_is_set_for_all_stages_or_for_one(
        StageFailureMode one,
        StageFailureMode two,
        params string[] modes
    )
    {
        var definition = Read([
            "--source",
            "a",
            "--stage",
            "one=x",
            "--stage",
            "two=y",
            .. modes.SelectMany(m => new[] { "--on-stage-failure", m }),
        ]);

        Assert.Equal([one, two], definition.Stages.Select(s => s.OnStageFailure));
    }

    [Fact]
    public void Sources_of_the_same_name_are_numbered() =>
        Assert.Equal(
            ["a", "a#2", "a#3"],
            Read("--source", "a", "--source", "a", "--source", "a").Sources.Select(s => s.Name)
        );

    [Fact]
    public void A_source_with_a_long_path_still_has_a_proper_name()
    {
        var path = new string('x', 500) + "/end.log";

        var source = Assert.Single(Read("--source", path).Sources);

        Assert.Equal(path, source.Path);
        Assert.True(Values.Name.TryRead(source.Name, out _));
        Assert.EndsWith("/end.log", source.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_line_raises_the_default_for_bytes() =>
        Assert.Equal(128 << 20, Read("--source", "a", "--max-line", "128MiB").Limits.MaxTotalBytes);

    [UnixFact(Platforms.Devices)]
    public Task A_data_directory_that_is_a_device_is_named() =>
        A_wrong_value_is_reported_with_its_flag_and_the_valid_values("--data", "/dev/null", "the path of a directory");

    [UnixFact(Platforms.Devices)]
    public void Devices_may_be_named_twice() =>
        Assert.NotNull(Read("--source", "/dev/null", "--sink", "/dev/null", "--dead-letters", "/dev/null"));

    [Fact]
    public void A_path_may_begin_with_an_at_sign() => Assert.Equal("@list", Read("--source", "@list").Sources[0].Path);

    static PipelineDefinition Read(params string[] arguments)
    {
        var command = new Command("run");
        var flags = new RunFlags();
        flags.AddTo(command);
        var inputErrors = new InputErrors();
        var request = flags.Read(
            command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null }),
            inputErrors
        );
        Assert.Empty(inputErrors.All);
        Assert.Equal(ProgressMode.Auto, request.Progress);
        return request.Definition!;
    }

    [Fact]
    public void The_follow_flag_is_for_every_source_and_a_pipeline_file_sets_it_for_each()
    {
        var inputErrors = new InputErrors();
        var draft = PipelineFile.Parse(
            "job.json",
            """{"sources":["a",{"path":"b","follow":true},{"path":"c","follow":false}],"stages":[]}""",
            inputErrors
        );

        var each = DraftChecks.Build(draft, inputErrors)!;
        var all = DraftChecks.Build(draft.OverrideWith(new() { Follow = new(true, "--follow", "") }), inputErrors)!;

        Assert.Empty(inputErrors.All);
        Assert.Equal([false, true, false], each.Sources.Select(s => s.Follow));
        Assert.Equal([true, true, true], all.Sources.Select(s => s.Follow));
        Assert.All(all.Sources, s => Assert.False(s.IsMatch));
    }
}
