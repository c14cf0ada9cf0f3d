namespace ConveyorActors.Actors.Settings;

/// <summary>The settings of one pipeline, where they differ from the rest.</summary>
/// <param name="Buffers">
/// Its limits and habits, and how its stages handle records unless <paramref name="Stages"/> says otherwise.
/// </param>
/// <param name="Stages">The stages with settings of their own, by name. Names are case sensitive.</param>
public sealed record PipelineSettings(BufferSettings Buffers, IReadOnlyDictionary<string, StageSettings> Stages);
