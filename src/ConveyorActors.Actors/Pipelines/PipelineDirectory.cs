using System.Collections.Concurrent;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Makes a pipeline's engine with the settings it has in the configuration, and knows the managers there are.</summary>
sealed class PipelineDirectory(ConveyorSettings settings, TimeProvider clock)
{
    readonly ConcurrentDictionary<string, PipelineEngine> engines = new(StringComparer.Ordinal);

    public ChildBook Managers { get; } = new();

    /// <summary>A pipeline's engine. There is one for as long as the actor system lives, whatever becomes of the manager actor.</summary>
    public PipelineEngine Open(string pipeline) => engines.GetOrAdd(pipeline, Make);

    PipelineEngine Make(string pipeline)
    {
        var buffers = new EmbeddedBufferService(clock);
        var own = settings.Pipelines.GetValueOrDefault(pipeline);
        var limits = own?.Buffers ?? settings.Buffers;
        _ = buffers.ConfigureAsync(pipeline, limits);
        if (own is not null)
            foreach (var (stage, given) in own.Stages) _ = buffers.ConfigureStageAsync(pipeline, stage, given);
        return new(pipeline, buffers, clock, limits.IdleAfter);
    }
}
