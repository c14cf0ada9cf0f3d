using System.Runtime.CompilerServices;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// A buffer service that sends its calls to actors: to the pipelines of this node or of another node, or to a shard
/// region that spreads pipelines over a cluster.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end when it is disposed. A call that never waits for records or
/// room throws <see cref="NoReplyException"/> if no reply comes in time, and <see cref="BufferServiceException"/> if
/// the actors end or fail; whether such a call took effect is not known. Each call to another node takes effect once
/// and in order, even if the network loses or duplicates messages; a record or call that does not fit is refused with
/// <see cref="WireLimitException"/>. When that node has ended or is silent for <c>conveyor.wire.give-up-after</c>,
/// every call under way ends with <see cref="BufferServiceException"/>; later calls reach the node again once it is
/// back at its address. All records of one <see cref="IBufferProducer.OfferOnceAsync"/> call go to another node in one
/// message, so they must fit into one message.
/// </remarks>
public sealed class ActorBufferService : DelegatingBufferService
{
    static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    readonly ActorCalls calls;
    readonly Lock ending = new();
    bool isDisposed;

    /// <summary>Initializes a port over an actor that takes commands to pipelines.</summary>
    /// <param name="system">The actor system of the service's own actor.</param>
    /// <param name="pipelines">
    /// The actor that takes every <see cref="IPipelineCommand"/>. If it is on another node, the service uses its path,
    /// so that a successor with the same path is found.
    /// </param>
    /// <param name="askTimeout">
    /// How long to wait for the reply to a call that never waits for records or room. From 1 ms; default 10 s.
    /// </param>
    public ActorBufferService(ActorSystem system, IActorRef pipelines, TimeSpan? askTimeout = null)
        : this(
            pipelines,
            Validate(askTimeout ?? DefaultTimeout),
            FindRemote(Validate(system), Validate(pipelines)),
            system
        ) { }

    ActorBufferService(IActorRef pipelines, TimeSpan askTimeout, RemotePort? remote, ActorSystem system)
        : this(pipelines, askTimeout, remote is null ? ServiceOwner.Start(system, pipelines) : null, remote) { }

    internal ActorBufferService(
        IActorRef pipelines,
        TimeSpan askTimeout,
        ServiceOwner? owner,
        RemotePort? remote = null,
        PipelineDirectory? directory = null
    )
        : this(new ActorCalls(pipelines, askTimeout, owner, remote, directory)) { }

    ActorBufferService(ActorCalls calls)
        : base(
            new ActorProducer(calls),
            new ActorConsumer(calls),
            new ActorCheckpoints(calls),
            new ActorInspector(calls),
            new ActorAdministrator(calls)
        ) => this.calls = calls;

    /// <summary>Initializes a port over buffers on another node, which need not be running yet.</summary>
    /// <param name="system">The actor system of the service's own actor.</param>
    /// <param name="path">
    /// The path of the actor that takes commands to pipelines:
    /// <c>akka.tcp://NAME@HOST:PORT/user/conveyor/pipelines</c>.
    /// </param>
    /// <param name="askTimeout">
    /// How long to wait for the reply to a call that never waits for records or room. From 1 ms; default 10 s.
    /// </param>
    public static ActorBufferService ForPath(ActorSystem system, string path, TimeSpan? askTimeout = null)
    {
        if (!ActorPath.TryParse(Validate(path), out _))
            throw new ArgumentException(
                $"path is '{path}'; it must be an actor's path, with the node's address.",
                nameof(path)
            );
        var timeout = Validate(askTimeout ?? DefaultTimeout);
        return new(ActorRefs.Nobody, timeout, RemotePort.Start(Validate(system), system.ActorSelection(path)), system);
    }

    /// <summary>
    /// Gets whether the pipelines of this actor system store their records beyond the process
    /// (<c>conveyor.persistence</c>). False if the pipelines are on another node, because that node's setting is not
    /// known here.
    /// </summary>
    public new bool IsDurable
    {
        get => calls.IsDurable;
        internal init => calls.IsDurable = value;
    }

    /// <inheritdoc cref="ActorCalls.MaxRecordBytes"/>
    internal int MaxRecordBytes
    {
        get => calls.MaxRecordBytes;
        init => calls.MaxRecordBytes = value;
    }

    /// <summary>Gets the actor that owns the leases and waits.</summary>
    internal IActorRef Client => calls.Client;

    /// <summary>Opens a pipeline of this node, so that offers to it are made in the order of the calls.</summary>
    internal ValueTask OpenAsync(string pipeline, CancellationToken cancellationToken) =>
        calls.Local is null || calls.Local.IsOpen(pipeline) ? default : calls.OpenAsync(pipeline, cancellationToken);

    /// <inheritdoc cref="ActorCalls.WaitForRepliesAsync"/>
    internal Task WaitForRepliesAsync(TimeSpan atMost) => calls.WaitForRepliesAsync(atMost);

    /// <summary>
    /// Delegates offers and queries to pipelines that have stopped, unless the service was disposed; leases are empty
    /// from now on. Call <see cref="EndAsync"/> when the calls that have begun have their replies.
    /// </summary>
    /// <remarks>
    /// A stopped pipeline would still lease its records, and nothing would store how they are settled.
    /// </remarks>
    internal void ContinueWith(EmbeddedBufferService stopped)
    {
        lock (ending)
            if (!isDisposed)
                DelegateTo(stopped, leases: EmbeddedBufferService.CreateStopped([], stopped.IsDurable));
    }

    /// <inheritdoc cref="ActorCalls.EndAsync"/>
    internal ValueTask EndAsync(string why) => calls.EndAsync(why);

    /// <summary>Ends the service's waits and returns its leases. The pipelines continue.</summary>
    public override ValueTask DisposeAsync()
    {
        lock (ending)
        {
            isDisposed = true;
            var own = new ActorBufferService(calls);
            DelegateTo(own, leases: own);
        }
        return calls.DisposeAsync();
    }

    static RemotePort? FindRemote(ActorSystem system, IActorRef pipelines) =>
        pipelines is not IActorRefScope { IsLocal: false }
            ? null
            : RemotePort.Start(system, system.ActorSelection(pipelines.Path.ToStringWithAddress()));

    static TimeSpan Validate(TimeSpan askTimeout) =>
        askTimeout >= TimeSpan.FromMilliseconds(1) && askTimeout.TotalMilliseconds <= int.MaxValue
            ? askTimeout
            : throw new ArgumentOutOfRangeException(
                nameof(askTimeout),
                askTimeout,
                $"askTimeout is {askTimeout}; it must be from 1 ms to 24 days."
            );

    static T Validate<T>(T given, [CallerArgumentExpression(nameof(given))] string what = "")
        where T : class => given ?? throw new ArgumentNullException(what, $"{what} is null; it must be given.");
}
