namespace ConveyorActors.Hosting.Options;

/// <summary>The settings of one pipeline, with those of the stages that have settings of their own.</summary>
sealed record ConfiguredPipeline(
    string Name,
    BufferSettings Buffers,
    IReadOnlyDictionary<string, StageSettings> Stages
);
