namespace ConveyorActors.Actors.Settings;

/// <summary>The settings of one pipeline that has settings of its own.</summary>
/// <param name="Buffers">
/// The pipeline's limits, and the settings of its stages unless <paramref name="Stages"/> has others.
/// </param>
/// <param name="Stages">The stages with settings of their own, by name. Names are case sensitive.</param>
public sealed record PipelineSettings(BufferSettings Buffers, IReadOnlyDictionary<string, StageSettings> Stages);
