namespace ConveyorActors.Hosting.Options;

/// <summary>The settings of one pipeline, and of its stages that have their own settings.</summary>
sealed record ConfiguredPipeline(
    string Name,
    BufferSettings Buffers,
    IReadOnlyDictionary<string, StageSettings> Stages
);
