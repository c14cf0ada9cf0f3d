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

    /// <summary>The most bytes of records in one message to another node.</summary>
    public int WireBytes { get; init; } = int.MaxValue;

    /// <summary>
    /// How long the actor of a stage or source may have nothing to do before it stops, cut to what a timer takes. Null:
    /// it stays.
    /// </summary>
    public TimeSpan? IdleAfter { get; } =
        idleAfter == Timeout.InfiniteTimeSpan ? null
        : idleAfter < TimeSpan.FromDays(20) ? idleAfter
        : TimeSpan.FromDays(20);

    /// <summary>Gets what the actors run on.</summary>
    public DispatcherSettings Dispatchers { get; } =
        dispatchers
        ?? new()
        {
            Pipelines = Akka.Dispatch.Dispatchers.DefaultDispatcherId,
            Stages = Akka.Dispatch.Dispatchers.DefaultDispatcherId,
        };

    public ChildRegistry StageActors { get; } = new();

    public ChildRegistry SourceActors { get; } = new();

    /// <summary>Returns a level that the pipeline can give.</summary>
    /// <exception cref="StoreException">
    /// The pipeline keeps nothing on disk: the caller is at fault, and no actor.
    /// </exception>
    public AckLevel Validate(AckLevel ackLevel) =>
        ackLevel != AckLevel.Persisted || Buffers.IsDurable
            ? ackLevel
            : throw new StoreException(
                ConveyorActors.Buffers.Manager.WaitingOffers<ConveyorRecord>.NothingOnDisk(Pipeline)
            );

    public StageRegistry RegistryOfStage(string stage) => stages.GetOrAdd(stage, static _ => new());

    public SourceRegistry RegistryOfSource(string source) => sources.GetOrAdd(source, static _ => new());

    /// <summary>Returns whether the engine has a stage of this name.</summary>
    public Func<string, bool> HasStage { get; init; } = static _ => true;

    /// <summary>Returns whether the engine has a source of this name.</summary>
    public Func<string, bool> HasSource { get; init; } = static _ => true;

    /// <summary>Returns the highest sequence that the engine's stages have given.</summary>
    public Func<long> LastSequence { get; init; } = static () => 0;

    /// <summary>Commands that the engine works on still.</summary>
    public WorkCount UnderWay { get; } = new();

    /// <summary>The pipeline was configured or stopped by a command: it stays, used or not.</summary>
    public bool IsKept { get; set; }

    /// <summary>A command came since the manager's actor last looked.</summary>
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
        && !InNeed().Any()
        && Buffers.GetSnapshotAsync(Pipeline)
            is {
                IsCompletedSuccessfully: true,
                Result: { Total.Used: 0, Total.Pending: 0, Stages.Count: 0, Sources.Count: 0, Holds.Count: 0 }
            };

    /// <summary>
    /// Somebody waits for a reply still. Read from outside the actors, so it may be out of date by a moment.
    /// </summary>
    public bool HasWaits =>
        !UnderWay.IsZero || stages.Values.Any(b => b.Waits.Count > 0) || sources.Values.Any(b => b.Waits.Count > 0);

    /// <summary>A manager's actor has begun to look after the pipeline.</summary>
    public bool WasManaged { get; set; }

    /// <summary>
    /// The stages and sources that an actor must look after, asked or not: somebody waits there, holds their leases,
    /// listens, or has sent what nobody has read.
    /// </summary>
    public IEnumerable<(string Name, bool IsStage)> InNeed()
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
    /// Called when a stage's actor has ended. Returns true when a successor must be created at once, because there are
    /// leases, waits or unread messages. Returns false for an actor that could not be created, because its successor
    /// could not be created either; senders that wait there get a reply.
    /// </summary>
    public bool LeaveStage(string stage, int unread)
    {
        var registry = RegistryOfStage(stage);
        var wasInUse = TakeUse(registry.Waits);
        if (!registry.IsEmpty(Clock.GetUtcNow()))
            return wasInUse;
        stages.TryRemove(stage, out _);
        return wasInUse && unread > 0;
    }

    /// <summary>The same for a source's actor, and its subscribers.</summary>
    public bool LeaveSource(string source, int unread)
    {
        var registry = RegistryOfSource(source);
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
    /// Called when the manager's actor and its children have ended. Their successors take over the unread messages and
    /// the waits.
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

    /// <summary>All actors are gone and there will be no others: tells whoever waits, or was not read.</summary>
    /// <param name="why">What those are told who wait.</param>
    /// <param name="unread">What those are told whose commands nobody has read; null: the same.</param>
    public void Abandon(Failed why, Failed? unread = null)
    {
        foreach (var (_, registry) in stages)
            registry.Waits.Abandon(why);
        foreach (var (_, registry) in sources)
            registry.Waits.Abandon(why);
        LeaveAll();
        Problems.TellAll([.. StageActors.TakeAllUnread(), .. SourceActors.TakeAllUnread()], unread ?? why);
    }
}
