using ConveyorActors.Buffers;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests.Run;

public sealed class PipelineFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("conveyor").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_pipeline_file_that_is_not_UTF8_is_refused()
    {
        var path = Path.Combine(folder, "latin1.json");
        File.WriteAllBytes(path, [.. "{ \"sources\": [\"b"u8, 0xE4, .. "r\"], \"stages\": [] }"u8]);
        var inputErrors = new InputErrors();

        PipelineFile.Read(path, inputErrors);

        Assert.Equal(
            $"--pipeline is '{path}'; it must be a file in UTF-8, and it has bytes that are not UTF-8",
            Assert.Single(inputErrors.All)
        );
    }

    [LinuxFact]
    public void A_file_without_end_is_not_read_to_its_end()
    {
        var inputErrors = new InputErrors();

        PipelineFile.Read("/dev/zero", inputErrors);

        Assert.Equal("--pipeline is '/dev/zero'; it must be a file of at most 16 MiB", Assert.Single(inputErrors.All));
    }

    [Fact]
    public void Every_setting_of_a_pipeline_file_reaches_the_definition()
    {
        var definition = Build(
            """
            {
              "name": "nightly",
              "sources": ["access.log", { "name": "live", "path": "-" }],
              "stages": [
                { "name": "slim", "command": "cut -f1,3" },
                { "name": "busy", "command": "grep -v bot", "okExit": [0, 1], "workers": 2, "batch": 100, "retries": 5, "timeout": "30s", "fullMode": "drop-newest" }
              ],
              "sink": "out.txt",
              "limits": { "maxTotal": 50000, "maxPerStage": 5000, "maxPerSource": 2000, "maxBytes": "32MiB", "threshold": 0.7 },
              "maxLine": "2MiB", "keepOrder": true, "deadLetters": "bad.jsonl", "stopDeadline": "3s"
            }
            """
        );

        Assert.Equal("nightly", definition.Name);
        Assert.Equal(
            [new SourceDefinition("access.log", "access.log"), new SourceDefinition("live", "-")],
            definition.Sources
        );
        Assert.Null(definition.Stages[0].Batch);
        var busy = definition.Stages[1];
        Assert.Equal(
            (2, 100, 5, TimeSpan.FromSeconds(30), FullMode.DropNewest),
            (busy.Workers, busy.Batch, busy.Retries, busy.Timeout!.Value, busy.FullMode)
        );
        Assert.Equal([0, 1], busy.OkExitCodes);
        Assert.Equal(
            new BufferSettings
            {
                MaxTotalRecords = 50_000,
                MaxPerStage = 5_000,
                MaxPerSource = 2_000,
                MaxTotalBytes = 32 << 20,
                BackpressureThreshold = 0.7,
            },
            definition.Limits
        );
        Assert.Equal(
            ("out.txt", 2 << 20, true, "bad.jsonl"),
            (definition.Sink.Path, definition.MaxLine, definition.KeepOrder, definition.DeadLetterPath)
        );
        Assert.Equal(TimeSpan.FromSeconds(3), definition.StopDeadline);
    }

    [Theory]
    [InlineData("[]", "$ is []; it must be an object")]
    [InlineData("""{"sources":["a"]}""", "$ has no stages; it must be an array of objects with name and command")]
    [InlineData("""{"sources":"a","stages":[]}""", """$.sources is "a"; it must be an array""")]
    [InlineData(
        """{"sources":[3],"stages":[]}""",
        "$.sources[0] is 3; it must be a path, or an object with name and path"
    )]
    [InlineData("""{"sources":[{"name":"x"}],"stages":[]}""", "$.sources[0] has no path; it must be a path")]
    [InlineData(
        """{"sources":[{"path":""}],"stages":[]}""",
        """$.sources[0].path is ""; it must be a string with a path"""
    )]
    [InlineData("""{"stages":[{"name":"x"}]}""", "$.stages[0] has no command; it must be a shell command such as")]
    [InlineData(
        """{"stages":[{"command":"cat"}]}""",
        "$.stages[0] has no name; it must be a name of 1 to 200 characters"
    )]
    [InlineData(
        """{"stages":[{"name":"","command":"cat"}]}""",
        """$.stages[0].name is ""; it must be a string with a name"""
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","worker":2}]}""",
        "$.stages[0].worker is not known; it must be one of name, command, workers, batch, retries, timeout, okExit, oneToOne, persistent, onStageFailure, fullMode; did you mean workers?"
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","batch":"10"}]}""",
        """$.stages[0].batch is "10"; it must be a whole number from 1"""
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","batch":1e2}]}""",
        "$.stages[0].batch is 1e2; it must be a whole number from 1"
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","workers":0}]}""",
        "$.stages[0].workers is 0; it must be a whole number from 1"
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","timeout":5}]}""",
        "$.stages[0].timeout is 5; it must be a string with a duration such as"
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","okExit":[]}]}""",
        "$.stages[0].okExit is []; it must be an array of exit codes such as [0, 1]"
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","okExit":[300]}]}""",
        "$.stages[0].okExit[0] is 300; it must be a whole number from 0 to 255"
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","fullMode":"Wait"}]}""",
        """$.stages[0].fullMode is "Wait"; it must be a string with wait, reject"""
    )]
    [InlineData(
        """{"stages":[{"name":"x","name":"y","command":"cat"}]}""",
        "$.stages[0].name is given twice; it must be given once"
    )]
    [InlineData("""{"stages":[],"sink":null}""", "$.sink is null; it must be a string with a path")]
    [InlineData(
        """{"stages":[],"limits":{"maxTotal":-1}}""",
        "$.limits.maxTotal is -1; it must be a whole number from 1"
    )]
    [InlineData(
        """{"stages":[],"limits":{"total":1}}""",
        "$.limits.total is not known; it must be one of maxTotal, maxPerStage, maxPerSource, maxBytes, maxInMemory, maxResults, threshold"
    )]
    [InlineData(
        """{"stages":[],"limits":{"threshold":"0.5"}}""",
        """$.limits.threshold is "0.5"; it must be a number above 0"""
    )]
    [InlineData("""{"stages":[],"keepOrder":"yes"}""", """$.keepOrder is "yes"; it must be true or false""")]
    [InlineData(
        """{"stages":[],"deadLetters":"-"}""",
        """$.deadLetters is "-"; it must be a string with the path of a file"""
    )]
    [InlineData(
        """{"sources":["\ud800"],"stages":[]}""",
        @"$.sources[0] is ""\ud800"", which has half of a surrogate pair; an escape from \ud800 to \udbff must be followed by"
    )]
    [InlineData("""{"stages":[],"sink":"a\udc00"}""", @"$.sink is ""a\udc00"", which has half of a surrogate pair; ")]
    [InlineData(
        """{"stages":[],"\ud800\u0041":1}""",
        @"$ has the member ""\ud800\u0041"":1, whose name has half of a surrogate pair; "
    )]
    [InlineData(
        """{"stages":[{"name":"x","command":"cat","\udfff":[]}]}""",
        @"$.stages[0] has the member ""\udfff"":[], whose name has half of a surrogate pair; "
    )]
    [InlineData(
        """{"stages":[],"maxLine":"2GiB"}""",
        """$.maxLine is "2GiB"; it must be a string with a size such as 1MiB"""
    )]
    public void Errors_in_a_file_are_named_with_their_position(string json, string complaint)
    {
        var inputErrors = new InputErrors();

        PipelineFile.Parse("job.json", json, inputErrors);

        Assert.StartsWith($"job.json: {complaint}", Assert.Single(inputErrors.All), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "job.json: line 1, byte 1: this is not JSON: The input does not contain any JSON tokens")]
    [InlineData(
        "{\"stages\": [1,]}",
        "job.json: line 1, byte 15: this is not JSON: The JSON array contains a trailing comma at the end"
    )]
    [InlineData(
        "{\n  \"stages\": [,]\n}",
        "job.json: line 2, byte 14: this is not JSON: ',' is an invalid start of a value"
    )]
    public void Invalid_JSON_is_named_with_line_and_byte(string json, string complaint)
    {
        var inputErrors = new InputErrors();

        PipelineFile.Parse("job.json", json, inputErrors);

        Assert.Equal(complaint, Assert.Single(inputErrors.All));
    }

    [Fact]
    public void JSON_that_is_nested_too_deep_is_named_with_line_and_byte()
    {
        var inputErrors = new InputErrors();

        PipelineFile.Parse("job.json", new string('[', 65), inputErrors);

        Assert.Equal(
            "job.json: line 1, byte 65: arrays and objects are nested more than 64 deep; a pipeline file needs at most 4 levels",
            Assert.Single(inputErrors.All)
        );
    }

    [Fact]
    public void Two_sources_with_the_same_given_name_are_refused_like_two_stages()
    {
        var inputErrors = new InputErrors();
        var draft = PipelineFile.Parse(
            "job.json",
            """{"sources":[{"name":"x","path":"a"},{"name":"x","path":"b"}],"stages":[{"name":"s","command":"cat"},{"name":"s","command":"cat"}]}""",
            inputErrors
        );

        Assert.Null(DraftChecks.Build(draft, inputErrors));

        Assert.Equal(
            [
                "job.json: $.stages[1].name names a second stage 's'; every stage must have a unique name",
                "job.json: $.sources[1].name names a second source 'x'; every source must have a unique name",
            ],
            inputErrors.All
        );
    }

    [Fact]
    public void A_given_name_is_kept_and_a_name_from_a_path_gets_a_number()
    {
        var definition = Build("""{"sources":["x","x",{"name":"x","path":"y"},"x#2"],"stages":[]}""");

        Assert.Equal(
            [("x#2", "x"), ("x#3", "x"), ("x", "y"), ("x#2#2", "x#2")],
            definition.Sources.Select(s => (s.Name, s.Path))
        );
    }

    [Fact]
    public void A_value_that_contradicts_another_is_named_with_its_place()
    {
        var inputErrors = new InputErrors();

        Assert.Null(
            DraftChecks.Build(
                PipelineFile.Parse(
                    "job.json",
                    """{"sources":["a"],"stages":[],"limits":{"maxBytes":"1KiB"},"maxLine":"2KiB"}""",
                    inputErrors
                ),
                inputErrors
            )
        );

        Assert.Equal(
            "job.json: $.limits.maxBytes is '1KiB'; it must be at least as much as job.json: $.maxLine, which is 2KiB",
            Assert.Single(inputErrors.All)
        );
    }

    [Fact]
    public void Flags_override_the_file()
    {
        var file = new InputErrors();
        var draft = PipelineFile.Parse(
            "job.json",
            """{"sources":["a"],"stages":[{"name":"x","command":"cat","workers":4,"batch":9}],"sink":"s","limits":{"maxTotal":5}}""",
            file
        );
        var flags = new PipelineDraft
        {
            Sources = [new(null, new("b", "--source", "b"))],
            AllStages = new() { Workers = new(2, "--workers", "2") },
            MaxTotal = new(7, "--max-total", "7"),
            OkExits = [new(new("x", "--ok-exit", "x=1"), [1])],
        };

        var definition = DraftChecks.Build(draft.OverrideWith(flags), file)!;

        Assert.Equal("b", Assert.Single(definition.Sources).Path);
        Assert.Equal((2, 9), (definition.Stages[0].Workers, definition.Stages[0].Batch));
        Assert.Equal([1], definition.Stages[0].OkExitCodes);
        Assert.Equal(("s", 7), (definition.Sink.Path, definition.Limits.MaxTotalRecords));
    }

    [Fact]
    public async Task Stages_in_both_places_are_refused()
    {
        var path = Write("""{"sources":["a"],"stages":[{"name":"x","command":"cat"}]}""");

        var (exit, _, error) = await TestTerminal.ConveyorAsync("run", "--pipeline", path, "--stage", "y=cat");

        Assert.Equal(2, exit);
        Assert.Contains("--stage is given together with --pipeline", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_file_is_refused_like_a_wrong_flag()
    {
        var path = Write("""{"sources":["a"],"stages":[{"name":"x","command":"cat","batch":0}]}""");

        var (exit, output, error) = await TestTerminal.ConveyorAsync("run", "--pipeline", path);

        Assert.Equal(2, exit);
        Assert.Empty(output);
        Assert.Contains(
            $"conveyor: {path}: $.stages[0].batch is 0; it must be a whole number from 1",
            error,
            StringComparison.Ordinal
        );
        Assert.EndsWith("see conveyor run --help\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_not_a_pipeline_file()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync("run", "--pipeline", folder);

        Assert.Equal(2, exit);
        Assert.Contains("it must be a file of JSON, and it is a directory", error, StringComparison.Ordinal);
    }

    string Write(string json)
    {
        var path = Path.Combine(folder, "job.json");
        File.WriteAllText(path, json);
        return path;
    }

    static PipelineDefinition Build(string json)
    {
        var inputErrors = new InputErrors();
        var definition = DraftChecks.Build(PipelineFile.Parse("job.json", json, inputErrors), inputErrors);
        Assert.Empty(inputErrors.All);
        return definition!;
    }
}
