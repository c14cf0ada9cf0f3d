using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>What a user asked for by flags, by a file or by both: each value readable by itself, not yet checked against the others. Null: not given.</summary>
sealed record PipelineDraft
{
    public Given<string>? Name { get; init; }

    public IReadOnlyList<SourceDraft> Sources { get; init; } = [];

    /// <summary>Whether every source is read as it grows, whatever is said of each.</summary>
    public Given<bool>? Follow { get; init; }

    public IReadOnlyList<StageDraft> Stages { get; init; } = [];

    public IReadOnlyList<OkExitDraft> OkExits { get; init; } = [];

    public IReadOnlyList<OnStageFailureDraft> OnStageFailures { get; init; } = [];

    /// <summary>What rules every stage.</summary>
    public StageDraft AllStages { get; init; } = new();

    public Given<string>? Sink { get; init; }

    public Given<int>? MaxTotal { get; init; }

    public Given<int>? MaxPerStage { get; init; }

    public Given<int>? MaxPerSource { get; init; }

    public Given<long>? MaxBytes { get; init; }

    public Given<long>? MaxInMemory { get; init; }

    public Given<long>? MaxResults { get; init; }

    public Given<double>? Threshold { get; init; }

    public Given<long>? MaxLine { get; init; }

    public Given<bool>? Null { get; init; }

    public Given<bool>? Header { get; init; }

    public Given<LastLineMode>? LastLine { get; init; }

    /// <summary>Stages whose commands write a line for each line.</summary>
    public IReadOnlyList<Given<string>> OneToOne { get; init; } = [];

    /// <summary>Stages whose commands stay.</summary>
    public IReadOnlyList<Given<string>> Persistent { get; init; } = [];

    public Given<bool>? Changed { get; init; }

    public Given<bool>? KeepOrder { get; init; }

    public Given<string>? DeadLetters { get; init; }

    public Given<string>? Data { get; init; }

    public Given<TimeSpan>? StopDeadline { get; init; }

    /// <summary>This with the values of <paramref name="top"/> wherever it has any.</summary>
    public PipelineDraft Overlaid(PipelineDraft top) => new()
    {
        Name = top.Name ?? Name,
        Sources = top.Sources.Count > 0 ? top.Sources : Sources,
        Stages = top.Stages.Count > 0 ? top.Stages : Stages,
        Follow = top.Follow ?? Follow,
        OkExits = [.. OkExits, .. top.OkExits],
        OnStageFailures = [.. OnStageFailures, .. top.OnStageFailures],
        AllStages = AllStages.Overlaid(top.AllStages),
        Sink = top.Sink ?? Sink,
        MaxTotal = top.MaxTotal ?? MaxTotal,
        MaxPerStage = top.MaxPerStage ?? MaxPerStage,
        MaxPerSource = top.MaxPerSource ?? MaxPerSource,
        MaxBytes = top.MaxBytes ?? MaxBytes,
        MaxInMemory = top.MaxInMemory ?? MaxInMemory,
        MaxResults = top.MaxResults ?? MaxResults,
        Threshold = top.Threshold ?? Threshold,
        MaxLine = top.MaxLine ?? MaxLine,
        Null = top.Null ?? Null,
        Header = top.Header ?? Header,
        LastLine = top.LastLine ?? LastLine,
        OneToOne = [.. OneToOne, .. top.OneToOne],
        Persistent = [.. Persistent, .. top.Persistent],
        Changed = top.Changed ?? Changed,
        KeepOrder = top.KeepOrder ?? KeepOrder,
        DeadLetters = top.DeadLetters ?? DeadLetters,
        Data = top.Data ?? Data,
        StopDeadline = top.StopDeadline ?? StopDeadline,
    };
}

/// <summary>A source as it was asked for.</summary>
/// <param name="Name">Null: named after its path.</param>
/// <param name="Path">A file, or -.</param>
/// <param name="Follow">Whether it is read as it grows.</param>
sealed record SourceDraft(Given<string>? Name, Given<string> Path, Given<bool>? Follow = null)
{
    /// <summary>True for a file that a pattern matched.</summary>
    public bool IsMatch { get; init; }
}

/// <summary>A stage as it was asked for.</summary>
sealed record StageDraft
{
    public Given<string>? Name { get; init; }

    public Given<string>? Command { get; init; }

    public Given<int>? Batch { get; init; }

    public Given<int>? Workers { get; init; }

    public Given<int>? Retries { get; init; }

    public Given<TimeSpan>? Timeout { get; init; }

    public Given<FullRule>? FullRule { get; init; }

    public IReadOnlyList<int>? OkExit { get; init; }

    public Given<bool>? OneToOne { get; init; }

    public Given<bool>? Persistent { get; init; }

    public Given<StageFailureMode>? OnStageFailure { get; init; }

    /// <summary>This with the values of <paramref name="top"/> wherever it has any.</summary>
    public StageDraft Overlaid(StageDraft top) => new()
    {
        Name = top.Name ?? Name,
        Command = top.Command ?? Command,
        Batch = top.Batch ?? Batch,
        Workers = top.Workers ?? Workers,
        Retries = top.Retries ?? Retries,
        Timeout = top.Timeout ?? Timeout,
        FullRule = top.FullRule ?? FullRule,
        OkExit = top.OkExit ?? OkExit,
        OneToOne = top.OneToOne ?? OneToOne,
        Persistent = top.Persistent ?? Persistent,
        OnStageFailure = top.OnStageFailure ?? OnStageFailure,
    };
}

/// <summary>Exit codes of one stage that mean done.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Codes">The codes.</param>
sealed record OkExitDraft(Given<string> Stage, IReadOnlyList<int> Codes);

/// <summary>What to do when one stage fails as a whole.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Mode">What to do.</param>
sealed record OnStageFailureDraft(Given<string> Stage, StageFailureMode Mode);
