using System.Text.Json;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>Reads the properties of a pipeline file into a draft.</summary>
sealed class DraftReader(JsonShape json)
{
    public PipelineDraft Pipeline(JsonElement root)
    {
        var draft = new PipelineDraft();
        var sources = new List<SourceDraft>();
        var stages = new List<StageDraft>();
        var had = new HashSet<string>();
        json.Object(
            root,
            "$",
            "an object with sources, stages and the like",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["name"] = (e, at) => draft = draft with { Name = json.Value(e, at, Values.Name) },
                ["sources"] = (e, at) =>
                {
                    had.Add("sources");
                    json.Array(
                        e,
                        at,
                        "an array of paths or of objects with name and path",
                        (s, p) => Add(sources, Source(s, p))
                    );
                },
                ["stages"] = (e, at) =>
                {
                    had.Add("stages");
                    json.Array(e, at, "an array of objects with name and command", (s, p) => Add(stages, Stage(s, p)));
                },
                ["sink"] = (e, at) => draft = draft with { Sink = json.Value(e, at, Values.Path) },
                ["limits"] = (e, at) => draft = Limits(draft, e, at),
                ["maxLine"] = (e, at) => draft = draft with { MaxLine = json.Value(e, at, Values.Line) },
                ["null"] = (e, at) => draft = draft with { Null = json.Flag(e, at) },
                ["header"] = (e, at) => draft = draft with { Header = json.Flag(e, at) },
                ["lastLine"] = (e, at) => draft = draft with { LastLine = json.Value(e, at, Values.LastLine) },
                ["changed"] = (e, at) => draft = draft with { Changed = json.Value(e, at, Values.Changed) },
                ["keepOrder"] = (e, at) => draft = draft with { KeepOrder = json.Flag(e, at) },
                ["deadLetters"] = (e, at) => draft = draft with { DeadLetters = json.Value(e, at, Values.FilePath) },
                ["data"] = (e, at) => draft = draft with { Data = json.Value(e, at, Values.DirectoryPath) },
                ["stopDeadline"] = (e, at) => draft = draft with { StopDeadline = json.Value(e, at, Values.Duration) },
            }
        );
        if (root.ValueKind == JsonValueKind.Object && !had.Contains("stages"))
            json.Missing("$", "stages", "an array of objects with name and command");
        return draft with { Sources = sources, Stages = stages };
    }

    SourceDraft? Source(JsonElement element, string at)
    {
        if (element.ValueKind == JsonValueKind.String)
            return json.Value(element, at, Values.Path) is { } bare ? new(null, bare) : null;
        InputValue<string>? name = null,
            path = null;
        InputValue<bool>? follow = null;
        var hadPath = false;
        json.Object(
            element,
            at,
            "a path, or an object with name and path",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["name"] = (e, p) => name = json.Value(e, p, Values.Name),
                ["path"] = (e, p) =>
                {
                    hadPath = true;
                    path = json.Value(e, p, Values.Path);
                },
                ["follow"] = (e, p) => follow = json.Flag(e, p),
            }
        );
        if (element.ValueKind == JsonValueKind.Object && !hadPath)
            json.Missing(at, "path", Values.Path.Right);
        return path is null ? null : new(name, path, follow);
    }

    StageDraft? Stage(JsonElement element, string at)
    {
        var stage = new StageDraft();
        var had = new HashSet<string>();
        json.Object(
            element,
            at,
            "an object with name and command",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["name"] = (e, p) =>
                {
                    had.Add("name");
                    stage = stage with { Name = json.Value(e, p, Values.Name) };
                },
                ["command"] = (e, p) =>
                {
                    had.Add("command");
                    stage = stage with { Command = json.Value(e, p, Values.Command) };
                },
                ["workers"] = (e, p) => stage = stage with { Workers = json.Value(e, p, Values.Workers) },
                ["batch"] = (e, p) => stage = stage with { Batch = json.Value(e, p, Values.Batch) },
                ["retries"] = (e, p) => stage = stage with { Retries = json.Value(e, p, Values.Retries) },
                ["timeout"] = (e, p) => stage = stage with { Timeout = json.Value(e, p, Values.Duration) },
                ["okExit"] = (e, p) => stage = stage with { OkExit = Codes(e, p) },
                ["oneToOne"] = (e, p) => stage = stage with { OneToOne = json.Flag(e, p) },
                ["persistent"] = (e, p) => stage = stage with { Persistent = json.Flag(e, p) },
                ["onStageFailure"] = (e, p) =>
                    stage = stage with { OnStageFailure = json.Value(e, p, Values.OnStageFailure) },
                ["fullMode"] = (e, p) => stage = stage with { FullMode = json.Value(e, p, Values.FullMode) },
            }
        );
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        if (!had.Contains("name"))
            json.Missing(at, "name", Values.Name.Right);
        if (!had.Contains("command"))
            json.Missing(at, "command", Values.Command.Right);
        return stage is { Name: not null, Command: not null } ? stage : null;
    }

    List<int>? Codes(JsonElement element, string at)
    {
        var codes = new List<int>();
        json.Array(
            element,
            at,
            "an array of exit codes such as [0, 1]",
            (e, p) =>
            {
                if (json.Value(e, p, Values.ExitCode) is { } code)
                    codes.Add(code.Value);
            }
        );
        if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() == 0)
            json.Wrong(element, at, "an array of exit codes such as [0, 1]");
        return codes.Count == 0 ? null : codes;
    }

    PipelineDraft Limits(PipelineDraft draft, JsonElement element, string at)
    {
        json.Object(
            element,
            at,
            "an object with maxTotal and the like",
            new Dictionary<string, Action<JsonElement, string>>
            {
                ["maxTotal"] = (e, p) => draft = draft with { MaxTotal = json.Value(e, p, Values.Records) },
                ["maxPerStage"] = (e, p) => draft = draft with { MaxPerStage = json.Value(e, p, Values.Records) },
                ["maxPerSource"] = (e, p) => draft = draft with { MaxPerSource = json.Value(e, p, Values.Records) },
                ["maxBytes"] = (e, p) => draft = draft with { MaxBytes = json.Value(e, p, Values.Bytes) },
                ["maxInMemory"] = (e, p) => draft = draft with { MaxInMemory = json.Value(e, p, Values.Bytes) },
                ["maxResults"] = (e, p) => draft = draft with { MaxResults = json.Value(e, p, Values.Bytes) },
                ["threshold"] = (e, p) => draft = draft with { Threshold = json.Value(e, p, Values.Threshold) },
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
