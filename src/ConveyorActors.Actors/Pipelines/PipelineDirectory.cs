using System.Collections.Concurrent;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Makes a pipeline's engine with the settings it has in the configuration, and knows the managers there are.
/// </summary>
sealed class PipelineDirectory
{
    const int MostSequencesKept = 4_096;

    readonly ConveyorSettings settings;
    readonly TimeProvider clock;
    readonly Func<IBufferService, IBufferService> around;
    readonly int maxBytes;
    readonly string? systemName;

    readonly ConcurrentDictionary<string, PipelineContext> contexts = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> lastSequences = new(StringComparer.Ordinal); // of pipelines that were removed
    long lastForgotten; // the highest of those that are in no list any more
    bool isClosed;

    /// <param name="settings">Of the whole system.</param>
    /// <param name="clock">Of every engine.</param>
    /// <param name="around">What stands between the actors and each engine.</param>
    /// <param name="maxBytes">The most bytes of records in one message to another node.</param>
    /// <param name="systemName">What the meter calls the system.</param>
    public PipelineDirectory(
        ConveyorSettings settings,
        TimeProvider clock,
        Func<IBufferService, IBufferService> around,
        int maxBytes,
        string? systemName = null
    )
    {
        (this.settings, this.clock, this.around, this.maxBytes, this.systemName) = (
            settings,
            clock,
            around,
            maxBytes,
            systemName
        );
        Links = new(settings.Wire, maxBytes, () => StopsNewOnes, Serves);
    }

    public ConveyorSettings Settings => settings;

    /// <summary>The links of ports on other nodes.</summary>
    public LinkSessions Links { get; }

    /// <summary>Keeps the records of pipelines; null: they are in memory only.</summary>
    public IPipelineStorage? Storage { get; init; }

    /// <summary>Grants the room of sources with a budget over the cluster; null: there are none.</summary>
    public SourceBudgets? Budgets { get; init; }

    public ChildRegistry Managers { get; } = new();

    /// <summary>Which pipelines of a cluster are here.</summary>
    public PlacedPipelines Placed { get; } = new();

    /// <summary>
    /// Returns whether this node executes a pipeline's commands. A node that was suspended may still have a pipeline
    /// that another node of the cluster has taken over; what it refuses for that reason can be sent to the other node.
    /// </summary>
    public bool Serves(string pipeline) =>
        Placed.IsHere(pipeline) && (Placed.Elsewhere is null || Storage?.IsTakenOver(pipeline) != true);

    /// <summary>A pipeline that is not there yet refuses everything when it is.</summary>
    public bool StopsNewOnes { get; set; }

    /// <summary>
    /// A pipeline's context. There is one for as long as the actor system lives, whatever becomes of the manager actor.
    /// </summary>
    public PipelineContext Open(string pipeline) => contexts.GetOrAdd(pipeline, Make);

    /// <summary>The engines there are.</summary>
    public IReadOnlyList<(string Pipeline, IBufferService Buffers)> Buffers =>
        [.. contexts.Select(e => (e.Key, e.Value.Buffers))];

    /// <summary>The pipelines that exist, by name.</summary>
    public IReadOnlyList<string> Names => [.. contexts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Gets what is sent to the pipelines, until their parent reads it.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Everything has ended: every command is refused at once.</summary>
    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>
    /// Sends a message to the pipelines, from any thread. It is not lost, whatever actor is stopped meanwhile.
    /// </summary>
    public void Send(object message, IActorRef sender)
    {
        Inbox.Post(message, sender);
        if (IsClosed)
            RefuseUnread();
    }

    /// <summary>Ends every engine, and tells whoever waits. Nothing is asked of them any more.</summary>
    public void Close()
    {
        Volatile.Write(ref isClosed, true);
        Managers.RemoveAll();
        Problems.TellAll(Managers.TakeAllUnread(), Problems.Ended);
        RefuseUnread();
        foreach (var (_, context) in contexts)
        {
            context.Abandon(Problems.Ended);
            _ = context.Buffers.DisposeAsync().AsTask();
        }
    }

    void RefuseUnread()
    {
        while (Inbox.TryTake(out var message, out var sender))
            if (message is not ILinkMessage)
                Problems.TellAll([(message, sender)], Problems.Ended); // a port finds out by itself
    }

    /// <summary>Returns whether a pipeline exists here: something was done with it, not only asked about it.</summary>
    public bool Exists(string pipeline) => contexts.ContainsKey(pipeline);

    /// <summary>Returns the pipeline's engine; null: it is not open.</summary>
    public PipelineContext? Find(string pipeline) => contexts.GetValueOrDefault(pipeline);

    /// <summary>Removes a pipeline that holds nothing. Its numbers go with it.</summary>
    public bool RemoveIfEmpty(string pipeline)
    {
        if (!contexts.TryGetValue(pipeline, out var context) || !context.UnderWay.TryClose())
            return false; // an offer may be coming in past the actors
        if (!context.IsEmpty() || !contexts.TryRemove(pipeline, out _))
        {
            context.UnderWay.Reopen();
            return false;
        }
        KeepSequence(pipeline, context.LastSequence());
        _ = context.Buffers.DisposeAsync().AsTask();
        return true;
    }

    /// <summary>
    /// Takes out a pipeline that is handed over; its numbers go on with its records. Null: it is not open.
    /// </summary>
    public PipelineContext? TakeOut(string pipeline)
    {
        if (!contexts.TryRemove(pipeline, out var context))
            return null;
        if (Storage is null)
            KeepSequence(pipeline, context.LastSequence());
        return context;
    }

    /// <summary>
    /// Creates an empty pipeline to ask about, with the settings it has in the configuration. Nobody else gets to know
    /// it, the meter included.
    /// </summary>
    public EmbeddedBufferService CreateEmpty(string pipeline) => Create(pipeline, isMeasured: false, stores: null);

    EmbeddedBufferService Create(string pipeline, bool isMeasured, IBufferStores? stores)
    {
        var buffers = new EmbeddedBufferService(clock, stores, systemName)
        {
            IsMeasured = isMeasured,
            LastSequence = LastSequenceOf(pipeline),
            Budgets = Budgets,
        };
        var own = settings.Pipelines.GetValueOrDefault(pipeline);
        _ = buffers.ConfigureAsync(pipeline, own?.Buffers ?? settings.Buffers);
        if (own is not null)
            foreach (var (stage, given) in own.Stages)
                _ = buffers.ConfigureStageAsync(pipeline, stage, given);
        return buffers;
    }

    /// <summary>
    /// A pipeline that comes back goes on counting where the one before it stopped: a consumer may still hold a record
    /// of it.
    /// </summary>
    void KeepSequence(string pipeline, long last)
    {
        lock (lastSequences)
        {
            lastSequences[pipeline] = last;
            if (lastSequences.Count <= MostSequencesKept)
                return;
            // Names that come and go for ever must not fill the memory: one number stands for all of them.
            lastForgotten = Math.Max(lastForgotten, lastSequences.Values.Max());
            lastSequences.Clear();
        }
    }

    long LastSequenceOf(string pipeline)
    {
        lock (lastSequences)
            return lastSequences.GetValueOrDefault(pipeline, lastForgotten);
    }

    PipelineContext Make(string pipeline)
    {
        EmbeddedBufferService? engine = null; // with a store, once it is open
        var buffers = Storage is null ? Start(null) : Storage.Open(pipeline, Start);
        var limits = settings.Pipelines.GetValueOrDefault(pipeline)?.Buffers ?? settings.Buffers;
        return new(pipeline, around(buffers), clock, limits.IdleAfter, settings.Dispatchers)
        {
            WireBytes = maxBytes,
            HasStage = stage => engine?.Manager(pipeline).Parts.Stages.HasStage(stage) ?? true,
            HasSource = source => engine?.Manager(pipeline).Parts.Sources.HasSource(source) ?? true,
            LastSequence = () => engine?.Manager(pipeline).Parts.Stages.LastSequence() ?? 0,
        };

        EmbeddedBufferService Start(IBufferStores? stores)
        {
            var started = Create(pipeline, isMeasured: true, stores);
            if (StopsNewOnes)
                _ = started.StopAsync(pipeline, TimeSpan.Zero).AsTask();
            return engine = started;
        }
    }
}
