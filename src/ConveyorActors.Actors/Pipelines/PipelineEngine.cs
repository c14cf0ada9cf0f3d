using System.Collections.Concurrent;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// What a pipeline's actors have between them, and what outlives each of them: the engine that admits and holds the records, and the books of who waits for
/// what and who holds which lease. Carried by the props of the manager actor.
/// </summary>
sealed class PipelineEngine(string pipeline, IBufferService buffers, TimeProvider clock, TimeSpan idleAfter)
{
    readonly ConcurrentDictionary<string, StageBook> stages = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, SourceBook> sources = new(StringComparer.Ordinal);

    public string Pipeline { get; } = pipeline;

    public IBufferService Buffers { get; } = buffers;

    public TimeProvider Clock { get; } = clock;

    /// <summary>How long the actor of a stage or source may have nothing to do before it stops.</summary>
    public TimeSpan IdleAfter { get; } = idleAfter;

    public ChildBook StageActors { get; } = new();

    public ChildBook SourceActors { get; } = new();

    public StageBook BookOfStage(string stage) => stages.GetOrAdd(stage, static _ => new());

    public SourceBook BookOfSource(string source) => sources.GetOrAdd(source, static _ => new());

    public void ForgetStage(string stage) => stages.TryRemove(stage, out _);

    public void ForgetSource(string source) => sources.TryRemove(source, out _);
}
