using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// The user's request by flags, by a file or by both. Each value is valid by itself, but not yet checked against the
/// others. Null: not given.
/// </summary>
sealed record PipelineDraft
{
    public InputValue<string>? Name { get; init; }

    public IReadOnlyList<SourceDraft> Sources { get; init; } = [];

    /// <summary>Gets whether every source is followed as it grows; overrides the setting of each source.</summary>
    public InputValue<bool>? Follow { get; init; }

    public IReadOnlyList<StageDraft> Stages { get; init; } = [];

    public IReadOnlyList<OkExitDraft> OkExits { get; init; } = [];

    public IReadOnlyList<OnStageFailureDraft> OnStageFailures { get; init; } = [];

    /// <summary>Gets the settings that apply to every stage.</summary>
    public StageDraft AllStages { get; init; } = new();

    public InputValue<string>? Sink { get; init; }

    public InputValue<int>? MaxTotal { get; init; }

    public InputValue<int>? MaxPerStage { get; init; }

    public InputValue<int>? MaxPerSource { get; init; }

    public InputValue<long>? MaxBytes { get; init; }

    public InputValue<long>? MaxInMemory { get; init; }

    public InputValue<long>? MaxResults { get; init; }

    public InputValue<double>? Threshold { get; init; }

    public InputValue<long>? MaxLine { get; init; }

    public InputValue<bool>? Null { get; init; }

    public InputValue<bool>? Header { get; init; }

    public InputValue<LastLineMode>? LastLine { get; init; }

    /// <summary>Gets the stages whose commands write one line for each line.</summary>
    public IReadOnlyList<InputValue<string>> OneToOne { get; init; } = [];

    /// <summary>Gets the stages whose commands keep running.</summary>
    public IReadOnlyList<InputValue<string>> Persistent { get; init; } = [];

    public InputValue<bool>? Changed { get; init; }

    public InputValue<bool>? KeepOrder { get; init; }

    public InputValue<string>? DeadLetters { get; init; }

    public InputValue<string>? Data { get; init; }

    public InputValue<TimeSpan>? StopDeadline { get; init; }

    /// <summary>Returns this draft, overridden by the values that <paramref name="top"/> has.</summary>
    public PipelineDraft OverrideWith(PipelineDraft top) =>
        new()
        {
            Name = top.Name ?? Name,
            Sources = top.Sources.Count > 0 ? top.Sources : Sources,
            Stages = top.Stages.Count > 0 ? top.Stages : Stages,
            Follow = top.Follow ?? Follow,
            OkExits = [.. OkExits, .. top.OkExits],
            OnStageFailures = [.. OnStageFailures, .. top.OnStageFailures],
            AllStages = AllStages.OverrideWith(top.AllStages),
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

/// <summary>A source of a draft.</summary>
/// <param name="Name">The name of the source; null: named after its path.</param>
/// <param name="Path">The path of a file, or - for standard input.</param>
/// <param name="Follow">Whether the source is followed as it grows.</param>
sealed record SourceDraft(InputValue<string>? Name, InputValue<string> Path, InputValue<bool>? Follow = null)
{
    /// <summary>Gets whether the path is a file that matched a pattern.</summary>
    public bool IsMatch { get; init; }
}

/// <summary>A stage of a draft.</summary>
sealed record StageDraft
{
    public InputValue<string>? Name { get; init; }

    public InputValue<string>? Command { get; init; }

    public InputValue<int>? Batch { get; init; }

    public InputValue<int>? Workers { get; init; }

    public InputValue<int>? Retries { get; init; }

    public InputValue<TimeSpan>? Timeout { get; init; }

    public InputValue<FullMode>? FullMode { get; init; }

    public IReadOnlyList<int>? OkExit { get; init; }

    public InputValue<bool>? OneToOne { get; init; }

    public InputValue<bool>? Persistent { get; init; }

    public InputValue<StageFailureMode>? OnStageFailure { get; init; }

    /// <summary>Returns this stage, overridden by the values that <paramref name="top"/> has.</summary>
    public StageDraft OverrideWith(StageDraft top) =>
        new()
        {
            Name = top.Name ?? Name,
            Command = top.Command ?? Command,
            Batch = top.Batch ?? Batch,
            Workers = top.Workers ?? Workers,
            Retries = top.Retries ?? Retries,
            Timeout = top.Timeout ?? Timeout,
            FullMode = top.FullMode ?? FullMode,
            OkExit = top.OkExit ?? OkExit,
            OneToOne = top.OneToOne ?? OneToOne,
            Persistent = top.Persistent ?? Persistent,
            OnStageFailure = top.OnStageFailure ?? OnStageFailure,
        };
}

/// <summary>The exit codes of one stage that mean success.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Codes">The codes.</param>
sealed record OkExitDraft(InputValue<string> Stage, IReadOnlyList<int> Codes);

/// <summary>The action when one stage fails as a whole.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Mode">The action.</param>
sealed record OnStageFailureDraft(InputValue<string> Stage, StageFailureMode Mode);
