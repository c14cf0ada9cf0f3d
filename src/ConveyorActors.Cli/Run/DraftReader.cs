using System.Text.Json;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>Reads the properties of a pipeline file into a draft.</summary>
sealed class DraftReader(JsonShape json)
{
    public PipelineDraft ReadPipeline(JsonElement root)
    {
        var draft = new PipelineDraft();
        var sources = new List<SourceDraft>();
        var stages = new List<StageDraft>();
        var had = new HashSet<string>();
        json.ReadObject(
            root,
            "$",
            "an object with members such as sources and stages",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["name"] = (e, at) => draft = draft with { Name = json.ReadValue(e, at, Values.Name) },
                ["sources"] = (e, at) =>
                {
                    had.Add("sources");
                    json.ReadArray(
                        e,
                        at,
                        "an array of paths or of objects with name and path",
                        (s, p) => Add(sources, ReadSource(s, p))
                    );
                },
                ["stages"] = (e, at) =>
                {
                    had.Add("stages");
                    json.ReadArray(
                        e,
                        at,
                        "an array of objects with name and command",
                        (s, p) => Add(stages, ReadStage(s, p))
                    );
                },
                ["sink"] = (e, at) => draft = draft with { Sink = json.ReadValue(e, at, Values.SinkPath) },
                ["limits"] = (e, at) => draft = ReadLimits(draft, e, at),
                ["maxLine"] = (e, at) => draft = draft with { MaxLine = json.ReadValue(e, at, Values.Line) },
                ["null"] = (e, at) => draft = draft with { Null = json.ReadFlag(e, at) },
                ["header"] = (e, at) => draft = draft with { Header = json.ReadFlag(e, at) },
                ["lastLine"] = (e, at) => draft = draft with { LastLine = json.ReadValue(e, at, Values.LastLine) },
                ["changed"] = (e, at) => draft = draft with { Changed = json.ReadValue(e, at, Values.Changed) },
                ["keepOrder"] = (e, at) => draft = draft with { KeepOrder = json.ReadFlag(e, at) },
                ["deadLetters"] = (e, at) =>
                    draft = draft with { DeadLetters = json.ReadValue(e, at, Values.FilePath) },
                ["data"] = (e, at) => draft = draft with { Data = json.ReadValue(e, at, Values.DirectoryPath) },
                ["stopDeadline"] = (e, at) =>
                    draft = draft with { StopDeadline = json.ReadValue(e, at, Values.Duration) },
            }
        );
        if (root.ValueKind == JsonValueKind.Object && !had.Contains("stages"))
            json.AddMissing("$", "stages", "an array of objects with name and command");
        return draft with { Sources = sources, Stages = stages };
    }

    SourceDraft? ReadSource(JsonElement element, string at)
    {
        if (element.ValueKind == JsonValueKind.String)
            return json.ReadValue(element, at, Values.SourcePath) is { } bare ? new(null, bare) : null;
        InputValue<string>? name = null,
            path = null;
        InputValue<bool>? follow = null;
        var hadPath = false;
        json.ReadObject(
            element,
            at,
            "a path, or an object with name and path",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["name"] = (e, p) => name = json.ReadValue(e, p, Values.Name),
                ["path"] = (e, p) =>
                {
                    hadPath = true;
                    path = json.ReadValue(e, p, Values.SourcePath);
                },
                ["follow"] = (e, p) => follow = json.ReadFlag(e, p),
            }
        );
        if (element.ValueKind == JsonValueKind.Object && !hadPath)
            json.AddMissing(at, "path", Values.SourcePath.Right);
        return path is null ? null : new(name, path, follow);
    }

    StageDraft? ReadStage(JsonElement element, string at)
    {
        var stage = new StageDraft();
        var had = new HashSet<string>();
        json.ReadObject(
            element,
            at,
            "an object with name and command",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["name"] = (e, p) =>
                {
                    had.Add("name");
                    stage = stage with { Name = json.ReadValue(e, p, Values.Name) };
                },
                ["command"] = (e, p) =>
                {
                    had.Add("command");
                    stage = stage with { Command = json.ReadValue(e, p, Values.Command) };
                },
                ["workers"] = (e, p) => stage = stage with { Workers = json.ReadValue(e, p, Values.Workers) },
                ["batch"] = (e, p) => stage = stage with { Batch = json.ReadValue(e, p, Values.Batch) },
                ["retries"] = (e, p) => stage = stage with { Retries = json.ReadValue(e, p, Values.Retries) },
                ["timeout"] = (e, p) => stage = stage with { Timeout = json.ReadValue(e, p, Values.Duration) },
                ["okExit"] = (e, p) => stage = stage with { OkExit = ReadCodes(e, p) },
                ["oneToOne"] = (e, p) => stage = stage with { OneToOne = json.ReadFlag(e, p) },
                ["persistent"] = (e, p) => stage = stage with { Persistent = json.ReadFlag(e, p) },
                ["onStageFailure"] = (e, p) =>
                    stage = stage with { OnStageFailure = json.ReadValue(e, p, Values.OnStageFailure) },
                ["fullMode"] = (e, p) => stage = stage with { FullMode = json.ReadValue(e, p, Values.FullMode) },
            }
        );
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        if (!had.Contains("name"))
            json.AddMissing(at, "name", Values.Name.Right);
        if (!had.Contains("command"))
            json.AddMissing(at, "command", Values.Command.Right);
        return stage is { Name: not null, Command: not null } ? stage : null;
    }

    List<int>? ReadCodes(JsonElement element, string at)
    {
        var codes = new List<int>();
        json.ReadArray(
            element,
            at,
            "an array of exit codes such as [0, 1]",
            (e, p) =>
            {
                if (json.ReadValue(e, p, Values.ExitCode) is { } code)
                    codes.Add(code.Value);
            }
        );
        if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 0)
            json.AddWrong(element, at, "an array of exit codes such as [0, 1]");
        return codes.Count == 0 ? null : codes;
    }

    PipelineDraft ReadLimits(PipelineDraft draft, JsonElement element, string at)
    {
        json.ReadObject(
            element,
            at,
            "an object with members such as maxTotal",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["maxTotal"] = (e, p) => draft = draft with { MaxTotal = json.ReadValue(e, p, Values.Records) },
                ["maxPerStage"] = (e, p) => draft = draft with { MaxPerStage = json.ReadValue(e, p, Values.Records) },
                ["maxPerSource"] = (e, p) => draft = draft with { MaxPerSource = json.ReadValue(e, p, Values.Records) },
                ["maxBytes"] = (e, p) => draft = draft with { MaxBytes = json.ReadValue(e, p, Values.Bytes) },
                ["maxInMemory"] = (e, p) => draft = draft with { MaxInMemory = json.ReadValue(e, p, Values.Bytes) },
                ["maxResults"] = (e, p) => draft = draft with { MaxResults = json.ReadValue(e, p, Values.Bytes) },
                ["threshold"] = (e, p) => draft = draft with { Threshold = json.ReadValue(e, p, Values.Threshold) },
            }
        );
        return draft;
    }

    static void Add<T>(List<T> list, T? item)
        where T : class
    {
        if (item is not null)
            list.Add(item);
    }
}
