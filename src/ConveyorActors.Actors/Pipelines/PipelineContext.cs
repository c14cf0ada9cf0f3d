using System.Collections.Concurrent;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The state that the actors of a pipeline share, and that outlives each of them: the engine, which admits and holds
/// the records, and the registries of waits, leases and subscribers. The props of the manager actor carry it.
/// </summary>
sealed class PipelineContext(
    string pipeline,
    IBufferService buffers,
    TimeProvider clock,
    TimeSpan idleAfter,
    DispatcherSettings? dispatchers = null
)
{
    readonly ConcurrentDictionary<string, StageRegistry> stages = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, SourceRegistry> sources = new(StringComparer.Ordinal);

    public string Pipeline { get; } = pipeline;

    public IBufferService Buffers { get; } = buffers;

    public TimeProvider Clock { get; } = clock;

    /// <summary>Gets a function that returns the pipeline's manager; null: its store is not open yet.</summary>
    public Func<BufferManager<ConveyorRecord>?> FindManager { get; init; } = static () => null;

    /// <summary>Gets the most bytes of records in one message to another node.</summary>
    public int WireBytes { get; init; } = int.MaxValue;

    /// <summary>
    /// Gets how long the actor of a stage or source may be idle before it stops, capped to the longest time that a
    /// timer accepts. Null: it does not stop.
    /// </summary>
    public TimeSpan? IdleAfter { get; } =
        idleAfter == Timeout.InfiniteTimeSpan ? null
        : idleAfter < TimeSpan.FromDays(20) ? idleAfter
        : TimeSpan.FromDays(20);

    /// <summary>Gets the dispatchers of the actors.</summary>
    public DispatcherSettings Dispatchers { get; } =
        dispatchers
        ?? new()
        {
            Pipelines = Akka.Dispatch.Dispatchers.DefaultDispatcherId,
            Stages = Akka.Dispatch.Dispatchers.DefaultDispatcherId,
        };

    public ChildRegistry StageActors { get; } = new();

    public ChildRegistry SourceActors { get; } = new();

    /// <summary>Returns an acknowledgement level after checking that the pipeline supports it.</summary>
    /// <exception cref="StoreException">
    /// The pipeline stores nothing on disk. The caller is at fault, not an actor.
    /// </exception>
    public AckLevel Validate(AckLevel ackLevel) =>
        ackLevel != AckLevel.Persisted || Buffers.IsDurable
            ? ackLevel
            : throw new StoreException(
                ConveyorActors.Buffers.Manager.WaitingOffers<ConveyorRecord>.DescribeNoStore(Pipeline)
            );

    public StageRegistry GetStageRegistry(string stage) => stages.GetOrAdd(stage, static _ => new());

    public SourceRegistry GetSourceRegistry(string source) => sources.GetOrAdd(source, static _ => new());

    /// <summary>Returns whether the engine has a stage of this name.</summary>
    public Func<string, bool> HasStage { get; init; } = static _ => true;

    /// <summary>Returns whether the engine has a source of this name.</summary>
    public Func<string, bool> HasSource { get; init; } = static _ => true;

    /// <summary>Returns the highest sequence that the engine's stages have given.</summary>
    public Func<long> LastSequence { get; init; } = static () => 0;

    /// <summary>Gets the count of commands that the engine is still working on.</summary>
    public WorkCount UnderWay { get; } = new();

    /// <summary>
    /// Gets or sets whether the pipeline was configured or stopped by a command, so that it is kept even when idle.
    /// </summary>
    public bool IsKept { get; set; }

    /// <summary>Gets or sets whether a command came since the manager's actor last checked for idleness.</summary>
    public bool WasUsed { get; set; }

    /// <summary>
    /// Returns whether the pipeline can be removed: it has no actor left, and the engine has removed all its stages and
    /// sources, so that there are no records, dead letters, leases, credits, waits, windows for duplicates, settings of
    /// stages or operators' holds.
    /// </summary>
    public bool IsEmpty() =>
        !IsKept
        && UnderWay.IsZero
        && StageActors.IsEmpty
        && SourceActors.IsEmpty
        && !FindInNeed().Any()
        && Buffers.GetSnapshotAsync(Pipeline)
            is {
                IsCompletedSuccessfully: true,
                Result: { Total.Used: 0, Total.Pending: 0, Stages.Count: 0, Sources.Count: 0, Holds.Count: 0 }
            };

    /// <summary>
    /// Gets whether a reply is outstanding. Read from outside the actors, so it may be slightly out of date.
    /// </summary>
    public bool HasWaits =>
        !UnderWay.IsZero || stages.Values.Any(b => b.Waits.Count > 0) || sources.Values.Any(b => b.Waits.Count > 0);

    /// <summary>Gets or sets whether a manager's actor has started for the pipeline.</summary>
    public bool WasManaged { get; set; }

    /// <summary>
    /// Returns the stages and sources that need an actor even without a command: there are waits, leases, subscribers
    /// or unread messages.
    /// </summary>
    public IEnumerable<(string Name, bool IsStage)> FindInNeed()
    {
        foreach (var (name, registry) in stages)
            if (!registry.IsEmpty(Clock.GetUtcNow()))
                yield return (name, true);
        foreach (var name in StageActors.Orphans)
            yield return (name, true);
        foreach (var (name, registry) in sources)
            if (!registry.IsEmpty)
                yield return (name, false);
        foreach (var name in SourceActors.Orphans)
            yield return (name, false);
    }

    /// <summary>
    /// Releases a stage whose actor has ended. Returns true if a successor must be created at once, because there are
    /// leases, waits or unread messages. Returns false for an actor that could not be created, because its successor
    /// could not be created either; senders that wait there get a reply.
    /// </summary>
    public bool LeaveStage(string stage, int unread)
    {
        var registry = GetStageRegistry(stage);
        var wasInUse = TakeUse(registry.Waits);
        if (!registry.IsEmpty(Clock.GetUtcNow()))
            return wasInUse;
        stages.TryRemove(stage, out _);
        return wasInUse && unread > 0;
    }

    /// <summary>
    /// Releases a source whose actor has ended; like <see cref="LeaveStage"/>, and also considers its subscribers.
    /// </summary>
    public bool LeaveSource(string source, int unread)
    {
        var registry = GetSourceRegistry(source);
        var wasInUse = TakeUse(registry.Waits);
        if (!registry.IsEmpty)
            return wasInUse;
        sources.TryRemove(source, out _);
        return wasInUse && unread > 0;
    }

    static bool TakeUse(PendingWaits waits)
    {
        var wasInUse = waits.IsInUse;
        waits.IsInUse = false;
        if (!wasInUse)
            waits.Abandon(Problems.Stopped);
        return wasInUse;
    }

    /// <summary>
    /// Releases all actors after the manager's actor and its children have ended. Their successors take over the unread
    /// messages and the waits.
    /// </summary>
    public void LeaveAll()
    {
        StageActors.RemoveAll();
        SourceActors.RemoveAll();
        foreach (var (_, registry) in stages)
            registry.Waits.IsInUse = false;
        foreach (var (_, registry) in sources)
            registry.Waits.IsInUse = false;
    }

    /// <summary>
    /// Ends all waits and refuses all unread commands, because all actors have ended and there will be no others.
    /// </summary>
    /// <param name="why">The reply to waiting senders.</param>
    /// <param name="unread">The reply to the senders of unread commands; null: the same.</param>
    public void Abandon(Failed why, Failed? unread = null)
    {
        foreach (var (_, registry) in stages)
            registry.Waits.Abandon(why);
        foreach (var (_, registry) in sources)
            registry.Waits.Abandon(why);
        LeaveAll();
        Problems.ReplyToAll([.. StageActors.TakeAllUnread(), .. SourceActors.TakeAllUnread()], unread ?? why);
    }
}
