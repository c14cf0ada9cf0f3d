using System.Collections.Concurrent;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// What a pipeline's actors have between them, and what outlives each of them: the engine that admits and holds the records, and the books of who waits for
/// what and who holds which lease. Carried by the props of the manager actor.
/// </summary>
sealed class PipelineEngine(string pipeline, IBufferService buffers, TimeProvider clock, TimeSpan idleAfter, DispatcherSettings? dispatchers = null)
{
    readonly ConcurrentDictionary<string, StageBook> stages = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, SourceBook> sources = new(StringComparer.Ordinal);

    public string Pipeline { get; } = pipeline;

    public IBufferService Buffers { get; } = buffers;

    public TimeProvider Clock { get; } = clock;

    /// <summary>The most bytes of records in one message to another node.</summary>
    public int WireBytes { get; init; } = int.MaxValue;

    /// <summary>How long the actor of a stage or source may have nothing to do before it stops.</summary>
    public TimeSpan IdleAfter { get; } = idleAfter;

    /// <summary>What the actors run on.</summary>
    public DispatcherSettings Dispatchers { get; } = dispatchers ?? new() { Pipelines = Akka.Dispatch.Dispatchers.DefaultDispatcherId, Stages = Akka.Dispatch.Dispatchers.DefaultDispatcherId };

    public ChildBook StageActors { get; } = new();

    public ChildBook SourceActors { get; } = new();

    public StageBook BookOfStage(string stage) => stages.GetOrAdd(stage, static _ => new());

    public SourceBook BookOfSource(string source) => sources.GetOrAdd(source, static _ => new());

    /// <summary>The stages and sources that an actor must look after, asked or not: somebody holds their leases, or listens.</summary>
    public IEnumerable<(string Name, bool IsStage)> InNeed()
    {
        foreach (var (name, book) in stages)
            if (!book.IsEmpty(Clock.GetUtcNow())) yield return (name, true);
        foreach (var (name, book) in sources)
            if (!book.IsEmpty) yield return (name, false);
    }

    /// <summary>
    /// A stage's actor is gone: tells whoever waits there. Answers true when a successor must look after its leases at once; not for an actor that never came
    /// to be, whose successor would not either.
    /// </summary>
    public bool LeaveStage(string stage)
    {
        var book = BookOfStage(stage);
        var wasInUse = book.Waits.IsInUse;
        book.Waits.Abandon(Problems.Stopped);
        if (!book.IsEmpty(Clock.GetUtcNow())) return wasInUse;
        stages.TryRemove(stage, out _);
        return false;
    }

    /// <summary>The same for a source's actor, and its subscribers.</summary>
    public bool LeaveSource(string source)
    {
        var book = BookOfSource(source);
        var wasInUse = book.Waits.IsInUse;
        book.Waits.Abandon(Problems.Stopped);
        if (!book.IsEmpty) return wasInUse;
        sources.TryRemove(source, out _);
        return false;
    }

    /// <summary>The manager's actor is gone, and all below it: tells whoever waits.</summary>
    public void LeaveAll()
    {
        foreach (var (stage, _) in stages) LeaveStage(stage);
        foreach (var (source, _) in sources) LeaveSource(source);
        foreach (var (message, sender) in StageActors.Clear().Concat(SourceActors.Clear()))
            if (!sender.IsNobody()) sender.Reply(Problems.Stopped.About(message), ActorRefs.NoSender);
    }
}
