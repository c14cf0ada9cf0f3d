using System.Text.Encodings.Web;
using System.Text.Json;

namespace ConveyorActors.Pipelines;

/// <summary>
/// What a data directory keeps of the pipeline that runs there, so that records that wait do not end in another one.
/// </summary>
/// <remarks>Immutable.</remarks>
public sealed record KeptPipeline
{
    /// <summary>The name under which it is noted.</summary>
    public const string CheckpointKey = "pipeline";

    static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The stages, in order.</summary>
    public IReadOnlyList<KeptStage> Stages { get; init; } = [];

    /// <summary>Gets whether records end with NUL.</summary>
    public bool Null { get; init; }

    /// <summary>Gets whether the first line of each source is its header.</summary>
    public bool Header { get; init; }

    /// <summary>The names of the sources.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The sink, as it was given.</summary>
    public string Sink { get; init; } = "";

    /// <summary>Returns what is kept of a pipeline.</summary>
    public static KeptPipeline Of(PipelineDefinition definition) =>
        new()
        {
            Stages = [.. definition.Stages.Select(s => new KeptStage(s.Name, s.Command, s.OneToOne, s.IsPersistent))],
            Null = definition.NullTerminated,
            Header = definition.HasHeader,
            Sources = [.. definition.Sources.Select(s => s.Name)],
            Sink = definition.Sink.Path,
        };

    /// <summary>Reads a checkpoint; null when it is none.</summary>
    public static KeptPipeline? Parse(string? checkpoint)
    {
        try
        {
            return checkpoint is null ? null : JsonSerializer.Deserialize<KeptPipeline>(checkpoint, Readable);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// What makes records that wait for one pipeline come out otherwise in the other, in words; empty: nothing does.
    /// </summary>
    /// <param name="now">The other.</param>
    public IReadOnlyList<string> DifferencesTo(KeptPipeline now)
    {
        List<string> all = [];
        if (!Stages.Select(s => s.Name).SequenceEqual(now.Stages.Select(s => s.Name)))
            all.Add($"the stages were {Names(Stages)} and are {Names(now.Stages)}");
        foreach (var stage in now.Stages)
        {
            if (Stages.FirstOrDefault(s => s.Name == stage.Name) is not { } before || before == stage)
                continue;
            if (before.Command != stage.Command)
                all.Add($"the command of stage '{stage.Name}' was '{before.Command}' and is '{stage.Command}'");
            if (before.Persistent != stage.Persistent)
                all.Add($"stage '{stage.Name}' {Was(before.Persistent, "persistent")}");
            if (before.OneToOne != stage.OneToOne)
                all.Add($"stage '{stage.Name}' {Was(before.OneToOne, "one-to-one")}");
        }
        if (Null != now.Null)
            all.Add($"the records' end was {End(Null)} and is {End(now.Null)}");
        if (Header != now.Header)
            all.Add($"the pipeline {Was(Header, "run with --header")}");
        return all;
    }

    /// <summary>The checkpoint's text.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, Readable);

    static string Was(bool before, string what) => before ? $"was {what} and is not" : $"was not {what} and is";

    static string End(bool isNull) => isNull ? "NUL" : "a newline";

    static string Names(IReadOnlyList<KeptStage> stages) =>
        stages.Count == 0 ? "none" : string.Join(", ", stages.Select(s => $"'{s.Name}'"));
}

/// <summary>What is kept of a stage.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Command">Its command.</param>
/// <param name="OneToOne">True when it writes a line for each line.</param>
/// <param name="Persistent">True when its command stays.</param>
public sealed record KeptStage(string Name, string Command, bool OneToOne = false, bool Persistent = false);
