using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConveyorActors.Pipelines;

/// <summary>
/// The description of a pipeline that its data directory keeps, so that waiting records do not continue in a different
/// pipeline by mistake.
/// </summary>
/// <remarks>Immutable.</remarks>
public sealed record KeptPipeline
{
    /// <summary>The key of the checkpoint that stores the description.</summary>
    public const string CheckpointKey = "pipeline";

    static readonly KeptPipelineJson Json = new(
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>Gets the stages in order.</summary>
    public IReadOnlyList<KeptStage> Stages
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Gets whether records end with NUL.</summary>
    public bool Null { get; init; }

    /// <summary>Gets whether the first line of each source is its header.</summary>
    public bool Header { get; init; }

    /// <summary>Gets the names of the sources.</summary>
    public IReadOnlyList<string> Sources
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Gets the sink as it was given.</summary>
    public string Sink
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>Returns the description of a pipeline.</summary>
    public static KeptPipeline Create(PipelineDefinition definition) =>
        new()
        {
            Stages = [.. definition.Stages.Select(s => new KeptStage(s.Name, s.Command, s.OneToOne, s.IsPersistent))],
            Null = definition.NullTerminated,
            Header = definition.HasHeader,
            Sources = [.. definition.Sources.Select(s => s.Name)],
            Sink = definition.Sink.Path,
        };

    /// <summary>Parses the text of a checkpoint; returns null if the text is not valid.</summary>
    public static KeptPipeline? Parse(string? checkpoint)
    {
        try
        {
            var kept = checkpoint is null ? null : JsonSerializer.Deserialize(checkpoint, Json.KeptPipeline);
            return kept is not null && kept.Stages.All(s => s is { Name: not null, Command: not null }) ? kept : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns, in words, the differences that would change the results of records waiting for this pipeline; empty:
    /// there are none.
    /// </summary>
    /// <param name="now">The pipeline to compare with.</param>
    public IReadOnlyList<string> DescribeDifferences(KeptPipeline now)
    {
        List<string> all = [];
        if (!Stages.Select(s => s.Name).SequenceEqual(now.Stages.Select(s => s.Name)))
            all.Add($"the stages were {FormatNames(Stages)} and are {FormatNames(now.Stages)}");
        foreach (var stage in now.Stages)
        {
            if (Stages.FirstOrDefault(s => s.Name == stage.Name) is not { } before || before == stage)
                continue;
            if (before.Command != stage.Command)
                all.Add($"the command of stage '{stage.Name}' was '{before.Command}' and is '{stage.Command}'");
            if (before.Persistent != stage.Persistent)
                all.Add($"stage '{stage.Name}' {DescribeChange(before.Persistent, "persistent")}");
            if (before.OneToOne != stage.OneToOne)
                all.Add($"stage '{stage.Name}' {DescribeChange(before.OneToOne, "one-to-one")}");
        }
        if (Null != now.Null)
            all.Add($"the records' end was {DescribeLineEnd(Null)} and is {DescribeLineEnd(now.Null)}");
        if (Header != now.Header)
            all.Add($"the pipeline {DescribeChange(Header, "run with --header")}");
        return all;
    }

    /// <summary>Returns the text of the checkpoint.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, Json.KeptPipeline);

    static string DescribeChange(bool before, string what) =>
        before ? $"was {what} and is not" : $"was not {what} and is";

    static string DescribeLineEnd(bool isNull) => isNull ? "NUL" : "a newline";

    static string FormatNames(IReadOnlyList<KeptStage> stages) =>
        stages.Count == 0 ? "none" : string.Join(", ", stages.Select(s => $"'{s.Name}'"));
}

/// <summary>The description of a stage.</summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Command">The stage's command.</param>
/// <param name="OneToOne">Whether the command must write one line for each line.</param>
/// <param name="Persistent">Whether the command keeps running.</param>
public sealed record KeptStage(string Name, string Command, bool OneToOne = false, bool Persistent = false);

/// <summary>Reads and writes the text of the checkpoint, without reflection.</summary>
[JsonSerializable(typeof(KeptPipeline))]
sealed partial class KeptPipelineJson : JsonSerializerContext;
