using System.Runtime.CompilerServices;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>The port over actors: over the pipelines of this node or of another node, or over a shard region that spreads them.</summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end with it. A call that never waits throws <see cref="TimeoutException"/> when no answer comes in time;
/// when the actors end or fail, <see cref="BufferServiceException"/>. Whether such a call took effect is not known.
/// Each call to another node takes effect once and in order, whatever the wire loses or doubles; a record or call that does not fit is refused with
/// <see cref="WireLimitException"/>. When that node has ended or is silent for <c>conveyor.wire.give-up-after</c>, every call under way ends with
/// <see cref="BufferServiceException"/>; later calls find the node again once it is back at its address.
/// </remarks>
public sealed partial class ClusterBufferService : IBufferService
{
    readonly IActorRef pipelines;
    readonly RemotePort? remote;
    readonly ServiceOwner? owner;
    bool isDisposed;
    readonly TimeSpan askTimeout;
    readonly CancellationTokenSource ended = new();
    readonly CallCount calls = new();

    /// <summary>Makes the port over whoever takes commands to pipelines.</summary>
    /// <param name="system">The actor system of the service's own actor.</param>
    /// <param name="pipelines">Takes every <see cref="IPipelineCommand"/>. If it is on another node, the service uses its path, so that a successor with the same path is found.</param>
    /// <param name="askTimeout">How long to wait for the reply to a call that never waits. From 1 ms; default 10 s.</param>
    public ClusterBufferService(ActorSystem system, IActorRef pipelines, TimeSpan? askTimeout = null)
        : this(pipelines, Checked(askTimeout ?? DefaultTimeout), RemoteOf(Given(system), Given(pipelines)), system) { }

    /// <summary>Initializes a port over buffers on another node, which need not be running yet.</summary>
    /// <param name="system">The actor system of the service's own actor.</param>
    /// <param name="path">The path of the actor that takes commands to pipelines: <c>akka.tcp://NAME@HOST:PORT/user/conveyor/pipelines</c>.</param>
    /// <param name="askTimeout">How long to wait for the reply to a call that never waits. From 1 ms; default 10 s.</param>
    public static ClusterBufferService ForPath(ActorSystem system, string path, TimeSpan? askTimeout = null)
    {
        if (!ActorPath.TryParse(Given(path), out _)) throw new ArgumentException($"path is '{path}'; it must be an actor's path, with the node's address.", nameof(path));
        var timeout = Checked(askTimeout ?? DefaultTimeout);
        return new(ActorRefs.Nobody, timeout, RemotePort.Start(Given(system), system.ActorSelection(path)), system);
    }

    ClusterBufferService(IActorRef pipelines, TimeSpan askTimeout, RemotePort? remote, ActorSystem system)
        : this(pipelines, askTimeout, remote is null ? ServiceOwner.Start(system, pipelines) : null, remote) { }

    static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10), EndWithin = TimeSpan.FromSeconds(5);

    static RemotePort? RemoteOf(ActorSystem system, IActorRef pipelines) => pipelines is not IActorRefScope { IsLocal: false } ? null
        : RemotePort.Start(system, system.ActorSelection(pipelines.Path.ToStringWithAddress()));

    internal ClusterBufferService(IActorRef pipelines, TimeSpan askTimeout, ServiceOwner? owner, RemotePort? remote = null)
    {
        (this.pipelines, this.owner, this.remote, this.askTimeout) = (pipelines, owner, remote, askTimeout);
        MaxRecordBytes = remote?.MaxBytes ?? int.MaxValue;
        var end = owner?.Ended ?? remote!.Client.Ended;
        _ = end.ContinueWith(_ => ended.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>
    /// Gets the pipelines of this node; null: the service is for pipelines wherever they are. A call about a pipeline that is not on this node fails with
    /// <see cref="Problem.Elsewhere"/>. Offers with ids cross no mailbox: see <see cref="LocalOffers"/>.
    /// </summary>
    internal PipelineDirectory? Directory
    {
        get;
        init
        {
            field = value;
            local = value is null ? null : new(value, ended.Token);
        }
    }

    readonly LocalOffers? local;

    /// <summary>Gets the most bytes that a record may have, which must be able to reach consumers on other nodes.</summary>
    internal int MaxRecordBytes { get; init; }

    /// <summary>The owner of the leases and waits.</summary>
    internal IActorRef Client => remote?.Client.Actor ?? owner!.Reference;

    static TimeSpan Checked(TimeSpan askTimeout) => askTimeout >= TimeSpan.FromMilliseconds(1) && askTimeout.TotalMilliseconds <= int.MaxValue ? askTimeout
        : throw new ArgumentOutOfRangeException(nameof(askTimeout), askTimeout, $"askTimeout is {askTimeout}; it must be from 1 ms to 24 days.");

    static T Given<T>(T given, [CallerArgumentExpression(nameof(given))] string what = "")
        where T : class => given ?? throw new ArgumentNullException(what, $"{what} is null; it must be given.");

    /// <summary>
    /// Gets whether the pipelines of this actor system store their records beyond the process (<c>conveyor.persistence</c>). False if they are on another node,
    /// because that node's setting is not known here.
    /// </summary>
    public bool IsDurable { get; internal init; }

    /// <summary>Ends its waits and returns its leases. The pipelines go on.</summary>
    public async ValueTask DisposeAsync()
    {
        isDisposed = true;
        if (remote is null)
        {
            await ended.CancelAsync().ConfigureAwait(false);
            owner!.Finish();
            return;
        }
        // The actor knows which of the calls under way were not sent; its end ends them all.
        remote.Client.Actor.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        await Task.WhenAny(remote.Client.Ended, Task.Delay(EndWithin, TimeProvider.System)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
    }

    ValueTask<T> AskAsync<T>(IConveyorMessage command, CancellationToken cancellation)
        where T : class, IConveyorReply => AskAsync<T>(command, askTimeout, cancellation);

    ValueTask<T> AskAsync<T>(IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellation)
        where T : class, IConveyorReply =>
        ConveyorTraces.AreWanted ? TraceAsync<T>(command, timeout, cancellation) : SendAsync<T>(command, timeout, cancellation);

    async ValueTask<T> TraceAsync<T>(IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellation)
        where T : class, IConveyorReply
    {
        using var span = ConveyorTraces.Begin(command);
        try
        {
            var reply = await SendAsync<T>(command, timeout, cancellation).ConfigureAwait(false);
            span?.End(reply);
            return reply;
        }
        catch (Exception failure)
        {
            span?.Fail(failure);
            throw;
        }
    }

    async ValueTask<T> SendAsync<T>(IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellation)
        where T : class, IConveyorReply
    {
        object reply;
        ThrowIfEnded();
        using var call = calls.Begin();
        if (remote is not null) return Expected<T>(await AskRemoteAsync(remote, command, timeout, cancellation).ConfigureAwait(false), command, cancellation);
        using var either = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, ended.Token) : null;
        try
        {
            reply = await pipelines.Ask<object>(ForHere(command), timeout ?? Timeout.InfiniteTimeSpan, either?.Token ?? ended.Token).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            throw new TimeoutException($"{Shown(command)} got no reply within {askTimeout.TotalSeconds} s. Whether it took effect is not known.");
        }
        catch (BufferServiceException refused) when (refused.Failed is { } failed)
        {
            throw Problems.ToException(MovedReply(command, failed) ?? failed);
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BufferServiceException($"{Shown(command)} got no reply: the actors that hold the buffers have ended, or this service was disposed.");
        }
        return Expected<T>(MovedReply(command, reply) ?? reply, command, cancellation);
    }

    object ForHere(IConveyorMessage command) => Directory is not null && command is IPipelineCommand forHere ? new Here(forHere) : command;

    Failed? MovedReply(IConveyorMessage command, object reply) => Directory is null ? null : Moved.ReplyTo(command, reply, Directory.Placed.IsHere);

    async Task<object> AskRemoteAsync(RemotePort remote, IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellation)
    {
        var call = remote.Ask(command, Shown(command));
        try
        {
            // The actor may end before it has received the call; the calls that it has received it ends itself.
            using var end = ended.Token.UnsafeRegister(_ => call.Reply!.TrySetException(Ended(remote, call)), null);
            return await call.Reply!.Task.WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            remote.Forget(call);
            throw new TimeoutException($"{call.Shown} got no reply within {askTimeout.TotalSeconds} s. Whether it took effect is not known.");
        }
        catch (OperationCanceledException)
        {
            remote.Forget(call);
            throw;
        }
    }

    static BufferServiceException Ended(RemotePort remote, LinkRequest call) => remote.Client.Ended.IsCompleted
        ? new(new Failed(Problem.NotNow, $"{call.Shown} was not sent: this service was disposed, or its actor has ended. Nothing was done."))
        : new($"{call.Shown} was ended: this service was disposed. Whether it took effect is not known.");

    static T Expected<T>(object reply, IConveyorMessage command, CancellationToken cancellation)
        where T : class, IConveyorReply
    {
        return reply switch
        {
            T expected => expected,
            Failed failed => throw Problems.ToException(failed),
            WaitCancelled => throw new OperationCanceledException(cancellation),
            _ => throw new BufferServiceException($"{Shown(command)} was answered with {reply.GetType().Name}; {typeof(T).Name} was expected."),
        };
    }

    /// <summary>
    /// Asks for what may have to wait. Cancelling asks the other side to end the wait, and its answer counts: what it had given by then is not lost.
    /// </summary>
    async ValueTask<T> WaitAsync<T>(IWaitingCommand command, string? stage, string? source, CancellationToken cancellation)
        where T : class, IConveyorReply
    {
        cancellation.ThrowIfCancellationRequested();
        var asking = AskAsync<T>(command, null, CancellationToken.None).AsTask(); // sent before anybody can cancel it
        using (cancellation.UnsafeRegister(_ => Tell(new CancelWait(command.Pipeline, stage, source, command.Wait)), null))
        {
            try
            {
                return await asking.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                cancellation.ThrowIfCancellationRequested();
                throw new BufferServiceException($"{Shown(command)} was ended: this service was disposed, or its actor has ended.");
            }
        }
    }

    /// <summary>Completes when every call made so far has its reply, which is soon after the pipelines have stopped, or when the time is over. May be called once.</summary>
    internal async Task WhenAnsweredAsync(TimeSpan atMost)
    {
        try
        {
            await calls.WhenOverAsync().WaitAsync(atMost).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Calls that still wait fail with the news that the service has ended.
        }
    }

    void Tell(IConveyorMessage command)
    {
        if (remote is not null) remote.Tell(command);
        else pipelines.Tell(ForHere(command), Client);
    }

    void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (ended.IsCancellationRequested) throw new BufferServiceException("The actors that hold the buffers have ended, or this service's own actor has.");
    }

    static string Shown(IConveyorMessage command) => command is IPipelineCommand { Pipeline: var pipeline }
        ? $"{command.GetType().Name} to pipeline '{pipeline}'" : command.GetType().Name;
}
