using System.Collections.Concurrent;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Creates each pipeline's engine with its configured settings, and keeps the contexts of all pipelines.
/// </summary>
sealed class PipelineDirectory
{
    const int MaxSequencesKept = 4_096;

    readonly ConveyorSettings settings;
    readonly TimeProvider clock;
    readonly Func<IBufferService, IBufferService> around;
    readonly int maxBytes;
    readonly string? systemName;

    readonly ConcurrentDictionary<string, PipelineContext> contexts = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> lastSequences = new(StringComparer.Ordinal); // of removed pipelines
    long lastForgotten; // the highest sequence of the pipelines that are no longer listed
    bool isClosed;

    /// <param name="settings">The settings of the whole system.</param>
    /// <param name="clock">The clock of every engine.</param>
    /// <param name="around">Wraps each engine before the actors use it.</param>
    /// <param name="maxBytes">The most bytes of records in one message to another node.</param>
    /// <param name="systemName">The value of the meter's tag for the actor system.</param>
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

    /// <summary>Gets the links of ports on other nodes.</summary>
    public LinkSessions Links { get; }

    /// <summary>Gets the storage of the pipelines' records; null: they are in memory only.</summary>
    public IPipelineStorage? Storage { get; init; }

    /// <summary>Gets the budgets of sources over the cluster; null: there are none.</summary>
    public SourceBudgets? Budgets { get; init; }

    public ChildRegistry Managers { get; } = new();

    /// <summary>Gets the pipelines of a cluster that are on this node.</summary>
    public PlacedPipelines Placed { get; } = new();

    /// <summary>
    /// Returns whether this node executes a pipeline's commands. A node that was suspended may still have a pipeline
    /// that another node of the cluster has taken over; commands that it refuses for that reason can be sent to the
    /// other node.
    /// </summary>
    public bool Serves(string pipeline) =>
        Placed.IsHere(pipeline) && (Placed.Elsewhere is null || Storage?.IsTakenOver(pipeline) != true);

    /// <summary>Gets or sets whether pipelines that are opened from now on refuse everything.</summary>
    public bool StopsNewOnes { get; set; }

    /// <summary>
    /// Returns a pipeline's context, and creates it if there is none. It stays the same across restarts of the manager
    /// actor.
    /// </summary>
    public PipelineContext Open(string pipeline) => contexts.GetOrAdd(pipeline, Make);

    /// <summary>Gets the engines of all open pipelines.</summary>
    public IReadOnlyList<(string Pipeline, IBufferService Buffers)> Buffers =>
        [.. contexts.Select(e => (e.Key, e.Value.Buffers))];

    /// <summary>Gets the names of the open pipelines, in order.</summary>
    public IReadOnlyList<string> Names => [.. contexts.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Gets the queue of messages to the pipelines, until their parent reads them.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Gets whether all pipelines have ended, so that every command is refused at once.</summary>
    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>Sends a message to the pipelines, from any thread. The message survives a stop of any actor.</summary>
    public void Send(object message, IActorRef sender)
    {
        Inbox.Post(message, sender);
        if (IsClosed)
            RefuseUnread();
    }

    /// <summary>Ends every engine and refuses all waiting and unread commands.</summary>
    public void Close()
    {
        Volatile.Write(ref isClosed, true);
        Managers.RemoveAll();
        Problems.ReplyToAll(Managers.TakeAllUnread(), Problems.Ended);
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
                Problems.ReplyToAll([(message, sender)], Problems.Ended); // a port detects the end by itself
    }

    /// <summary>
    /// Returns whether a pipeline exists here, which means that a command has used it and not only asked about it.
    /// </summary>
    public bool Exists(string pipeline) => contexts.ContainsKey(pipeline);

    /// <summary>Returns a pipeline's context; null: the pipeline is not open.</summary>
    public PipelineContext? Find(string pipeline) => contexts.GetValueOrDefault(pipeline);

    /// <summary>Removes a pipeline that holds nothing, together with its counters.</summary>
    public bool RemoveIfEmpty(string pipeline)
    {
        if (!contexts.TryGetValue(pipeline, out var context) || !context.UnderWay.TryClose())
            return false; // an offer that bypasses the actors may be under way
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
    /// Removes and returns a pipeline that is handed over. Null: it is not open. With a storage, its sequence numbers
    /// continue with its stored records.
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
    /// Creates an empty pipeline that only answers questions, with the settings it has in the configuration. It is not
    /// listed and not measured.
    /// </summary>
    public EmbeddedBufferService CreateEmpty(string pipeline) => Create(pipeline, isMeasured: false, stores: null);

    /// <summary>
    /// Creates a service over the pipelines that are open now. They have stopped, and stay so after their actors have
    /// ended.
    /// </summary>
    public EmbeddedBufferService CreateStopped() =>
        EmbeddedBufferService.CreateStopped(
            contexts.SelectMany(e =>
                e.Value.FindManager() is { } manager
                    ? [(e.Key, manager)]
                    : Array.Empty<(string, BufferManager<ConveyorRecord>)>()
            ),
            Storage is not null
        );

    EmbeddedBufferService Create(string pipeline, bool isMeasured, IBufferStores? stores)
    {
        var buffers = new EmbeddedBufferService(clock, stores, systemName)
        {
            IsMeasured = isMeasured,
            LastSequence = GetLastSequence(pipeline),
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
    /// Keeps a removed pipeline's last sequence number. A pipeline of the same name continues from it, because a
    /// consumer may still hold a record of the removed one.
    /// </summary>
    void KeepSequence(string pipeline, long last)
    {
        lock (lastSequences)
        {
            lastSequences[pipeline] = last;
            if (lastSequences.Count <= MaxSequencesKept)
                return;
            // Bounds the memory for names that come and go: one number replaces all of them.
            lastForgotten = Math.Max(lastForgotten, lastSequences.Values.Max());
            lastSequences.Clear();
        }
    }

    long GetLastSequence(string pipeline)
    {
        lock (lastSequences)
            return lastSequences.GetValueOrDefault(pipeline, lastForgotten);
    }

    PipelineContext Make(string pipeline)
    {
        EmbeddedBufferService? engine = null; // set once the pipeline's store is open
        var buffers = Storage is null ? Start(null) : Storage.Open(pipeline, Start);
        var limits = settings.Pipelines.GetValueOrDefault(pipeline)?.Buffers ?? settings.Buffers;
        return new(pipeline, around(buffers), clock, limits.IdleAfter, settings.Dispatchers)
        {
            WireBytes = maxBytes,
            FindManager = () => engine?.GetManager(pipeline),
            HasStage = stage => engine?.GetManager(pipeline).Parts.Stages.HasStage(stage) ?? true,
            HasSource = source => engine?.GetManager(pipeline).Parts.Sources.HasSource(source) ?? true,
            LastSequence = () => engine?.GetManager(pipeline).Parts.Stages.FindLastSequence() ?? 0,
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
