using System.Collections.Concurrent;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Makes a pipeline's engine with the settings it has in the configuration, and knows the managers there are.</summary>
sealed class PipelineDirectory
{
    readonly ConveyorSettings settings;
    readonly TimeProvider clock;
    readonly Func<IBufferService, IBufferService> around;
    readonly int maxBytes;
    readonly string? systemName;

    readonly ConcurrentDictionary<string, PipelineEngine> engines = new(StringComparer.Ordinal);
    bool isClosed;

    /// <param name="settings">Of the whole system.</param>
    /// <param name="clock">Of every engine.</param>
    /// <param name="around">What stands between the actors and each engine.</param>
    /// <param name="maxBytes">The most bytes of records in one message to another node.</param>
    /// <param name="systemName">What the meter calls the system.</param>
    public PipelineDirectory(ConveyorSettings settings, TimeProvider clock, Func<IBufferService, IBufferService> around, int maxBytes, string? systemName = null)
    {
        (this.settings, this.clock, this.around, this.maxBytes, this.systemName) = (settings, clock, around, maxBytes, systemName);
        Links = new(settings.Wire, maxBytes, () => StopsNewOnes);
    }

    public ConveyorSettings Settings => settings;

    /// <summary>The links of ports on other nodes.</summary>
    public LinkSessions Links { get; }

    public ChildBook Managers { get; } = new();

    /// <summary>A pipeline that is not there yet refuses everything when it is.</summary>
    public bool StopsNewOnes { get; set; }

    /// <summary>A pipeline's engine. There is one for as long as the actor system lives, whatever becomes of the manager actor.</summary>
    public PipelineEngine Open(string pipeline) => engines.GetOrAdd(pipeline, Make);

    /// <summary>The engines there are.</summary>
    public IReadOnlyList<(string Pipeline, IBufferService Buffers)> Buffers => [.. engines.Select(e => (e.Key, e.Value.Buffers))];

    /// <summary>The pipelines that exist, by name.</summary>
    public IReadOnlyList<string> Names => [.. engines.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The pipelines that an actor must look after, asked or not.</summary>
    public IEnumerable<string> InNeed() => engines.Where(e => e.Value.InNeed().Any()).Select(e => e.Key);

    /// <summary>What is sent to the pipelines, until their parent reads it.</summary>
    public MessageQueue Inbox { get; } = new();

    /// <summary>Everything has ended: every command is refused at once.</summary>
    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>Sends a message to the pipelines, from any thread. It is not lost, whatever actor is stopped meanwhile.</summary>
    public void Send(object message, IActorRef sender)
    {
        Inbox.Post(message, sender);
        if (IsClosed) RefuseUnread();
    }

    /// <summary>Ends every engine, and tells whoever waits. Nothing is asked of them any more.</summary>
    public void Close()
    {
        Volatile.Write(ref isClosed, true);
        Managers.RemoveAll();
        Problems.TellAll(Managers.TakeAllUnread(), Problems.Ended);
        RefuseUnread();
        foreach (var (_, engine) in engines)
        {
            engine.Abandon(Problems.Ended);
            _ = engine.Buffers.DisposeAsync().AsTask();
        }
    }

    void RefuseUnread()
    {
        while (Inbox.TryTake(out var message, out var sender))
            if (message is not ILinkMessage) Problems.TellAll([(message, sender)], Problems.Ended); // a port finds out by itself
    }

    PipelineEngine Make(string pipeline)
    {
        var buffers = new EmbeddedBufferService(clock, system: systemName);
        var own = settings.Pipelines.GetValueOrDefault(pipeline);
        var limits = own?.Buffers ?? settings.Buffers;
        _ = buffers.ConfigureAsync(pipeline, limits);
        if (own is not null)
            foreach (var (stage, given) in own.Stages) _ = buffers.ConfigureStageAsync(pipeline, stage, given);
        if (StopsNewOnes) _ = buffers.StopAsync(pipeline, TimeSpan.Zero).AsTask();
        return new(pipeline, around(buffers), clock, limits.IdleAfter, settings.Dispatchers) { WireBytes = maxBytes };
    }
}
