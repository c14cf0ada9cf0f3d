using System.Threading.Channels;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Sends the commands of a <see cref="ActorBufferService"/> to the actors that hold the buffers, and turns their
/// replies into results and exceptions.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ActorCalls : IAsyncDisposable
{
    static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    readonly IActorRef pipelines;
    readonly ServiceOwner? owner;
    readonly TimeSpan askTimeout;
    readonly PipelineDirectory? directory;
    readonly CancellationTokenSource ended = new();
    readonly CallCount underWay = new();
    bool isDisposed;
    string? whyEnded;

    /// <param name="pipelines">The actor that takes every command.</param>
    /// <param name="askTimeout">How long to wait for the reply to a call that never waits for records or room.</param>
    /// <param name="owner">The owner of the leases and waits; null: the pipelines are on another node.</param>
    /// <param name="remote">The link to another node; null: the pipelines are on this one.</param>
    /// <param name="directory">
    /// The pipelines of this node, when commands are for these alone: a command about another one fails with
    /// <see cref="Problem.Elsewhere"/>.
    /// </param>
    public ActorCalls(
        IActorRef pipelines,
        TimeSpan askTimeout,
        ServiceOwner? owner,
        RemotePort? remote,
        PipelineDirectory? directory
    )
    {
        (this.pipelines, this.askTimeout, this.owner, Remote, this.directory) = (
            pipelines,
            askTimeout,
            owner,
            remote,
            directory
        );
        MaxRecordBytes = remote?.MaxBytes ?? int.MaxValue;
        Local = directory is null ? null : new(directory, ended.Token);
        var end = owner?.Ended ?? remote!.Client.Ended;
        _ = end.ContinueWith(
            _ => ended.Cancel(),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    /// <summary>Gets the link to another node; null: the pipelines are on this one.</summary>
    public RemotePort? Remote { get; }

    /// <summary>
    /// Gets the local offers, which bypass all mailboxes; null: this port is not limited to the pipelines of this node.
    /// </summary>
    public LocalOffers? Local { get; }

    /// <summary>
    /// Gets or sets whether the pipelines store their records beyond the process, as far as this port knows.
    /// </summary>
    public bool IsDurable { get; set; }

    /// <summary>Gets or sets the most bytes of a record: it must be able to reach consumers on other nodes.</summary>
    public int MaxRecordBytes { get; set; }

    /// <summary>Gets the actor that owns the leases and waits.</summary>
    public IActorRef Client => Remote?.Client.Actor ?? owner!.Reference;

    /// <summary>Gets a token that is cancelled when this port, or the actor that it sends to, has ended.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Counts a call as under way, until the result is disposed.</summary>
    public CallCount.Call BeginCall() => underWay.Begin();

    /// <summary>Opens a pipeline of this node, so that offers to it are made in the order of the calls.</summary>
    public async ValueTask OpenAsync(string pipeline, CancellationToken cancellationToken)
    {
        ThrowIfEnded();
        try
        {
            await pipelines
                .Ask<Configured>(new OpenPipeline(pipeline), askTimeout, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            throw new TimeoutException(
                $"Pipeline '{pipeline}' was not opened within {askTimeout.TotalSeconds} s. Nothing was done."
            );
        }
    }

    /// <summary>Begins to read the signals of a source.</summary>
    /// <param name="number">Identifies the reader.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="source">The source.</param>
    /// <param name="signals">The channel that the signals are written to.</param>
    public void Listen(long number, string pipeline, string source, ChannelWriter<BackpressureSignal> signals)
    {
        if (Remote is not null)
            Remote.Read(pipeline, source, signals);
        else
            owner!.Listen(number, pipeline, source, signals);
    }

    /// <summary>Ends <see cref="Listen"/>.</summary>
    public void StopListening(long number, ChannelWriter<BackpressureSignal> signals)
    {
        if (Remote is not null)
            Remote.StopReading(signals);
        else
            owner!.StopListening(number);
    }

    /// <summary>Ends the port's waits and returns its leases. The pipelines continue.</summary>
    public ValueTask DisposeAsync()
    {
        isDisposed = true;
        return EndAsync(null);
    }

    /// <summary>Ends the port's waits and returns its leases. Nobody has disposed the port.</summary>
    /// <param name="why">The message of the exception of later calls; null: a message that fits any end.</param>
    public async ValueTask EndAsync(string? why)
    {
        whyEnded = why;
        if (Remote is null)
        {
            await ended.CancelAsync().ConfigureAwait(false);
            owner!.Finish();
            return;
        }
        // The actor knows which of the calls under way were not sent; all of them end with the actor.
        Remote.Client.Actor.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        await Task.WhenAny(Remote.Client.Ended, Task.Delay(EndWithin, TimeProvider.System)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a command, and returns its reply.</summary>
    /// <exception cref="NoReplyException">There was no reply in time.</exception>
    /// <exception cref="BufferServiceException">The actors have ended or failed.</exception>
    public ValueTask<T> AskAsync<T>(IConveyorMessage command, CancellationToken cancellationToken)
        where T : class, IConveyorReply => AskAsync<T>(command, askTimeout, cancellationToken);

    /// <summary>Sends a command, and returns its reply. The timeout null means no limit.</summary>
    public ValueTask<T> AskAsync<T>(IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellationToken)
        where T : class, IConveyorReply =>
        ConveyorTraces.AreWanted
            ? TraceAsync<T>(command, timeout, cancellationToken)
            : SendAsync<T>(command, timeout, cancellationToken);

    /// <summary>Sends a command that settles records of a lease, and returns the result.</summary>
    public async ValueTask<SettleResult> SettleAsync(IStageCommand command, CancellationToken cancellationToken) =>
        (await AskAsync<Settled>(command, cancellationToken).ConfigureAwait(false)).Result;

    async ValueTask<T> TraceAsync<T>(IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellationToken)
        where T : class, IConveyorReply
    {
        using var span = ConveyorTraces.Begin(command);
        try
        {
            var reply = await SendAsync<T>(command, timeout, cancellationToken).ConfigureAwait(false);
            span?.End(reply);
            return reply;
        }
        catch (Exception failure)
        {
            span?.Fail(failure);
            throw;
        }
    }

    async ValueTask<T> SendAsync<T>(IConveyorMessage command, TimeSpan? timeout, CancellationToken cancellationToken)
        where T : class, IConveyorReply
    {
        object reply;
        ThrowIfEnded();
        using var call = BeginCall();
        if (Remote is not null)
            return GetExpected<T>(
                await AskRemoteAsync(Remote, command, timeout, cancellationToken).ConfigureAwait(false),
                command,
                cancellationToken
            );
        using var either = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended.Token)
            : null;
        try
        {
            reply = await pipelines
                .Ask<object>(WrapForHere(command), timeout ?? Timeout.InfiniteTimeSpan, either?.Token ?? ended.Token)
                .ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            throw new NoReplyException(
                $"{Describe(command)} got no reply within {askTimeout.TotalSeconds} s. Whether it took effect is not known."
            );
        }
        catch (BufferServiceException refused) when (refused.Failed is { } failed)
        {
            throw Problems.ToException(CreateMovedReply(command, failed) ?? failed);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new BufferServiceException(
                $"{Describe(command)} got no reply: the actors that hold the buffers have ended, or this service was disposed."
            );
        }
        return GetExpected<T>(CreateMovedReply(command, reply) ?? reply, command, cancellationToken);
    }

    object WrapForHere(IConveyorMessage command) =>
        directory is not null && command is IPipelineCommand forHere ? new LocalOnly(forHere) : command;

    Failed? CreateMovedReply(IConveyorMessage command, object reply) =>
        directory is null ? null : Moved.CreateReply(command, reply, directory.Serves);

    async Task<object> AskRemoteAsync(
        RemotePort remote,
        IConveyorMessage command,
        TimeSpan? timeout,
        CancellationToken cancellationToken
    )
    {
        var call = remote.Ask(command, Describe(command));
        try
        {
            // The actor may end before it has received the call; calls that it has received are ended by the actor.
            using var end = ended.Token.UnsafeRegister(
                _ => call.Reply!.TrySetException(CreateEndedError(remote, call)),
                null
            );
            return await call.Reply!.Task.WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            remote.Forget(call);
            throw new NoReplyException(
                $"{call.Shown} got no reply within {askTimeout.TotalSeconds} s. Whether it took effect is not known."
            );
        }
        catch (OperationCanceledException)
        {
            remote.Forget(call);
            throw;
        }
    }

    static BufferServiceException CreateEndedError(RemotePort remote, LinkRequest call) =>
        remote.Client.Ended.IsCompleted
            ? new(
                new Failed(
                    Problem.NotNow,
                    $"{call.Shown} was not sent: this service was disposed, or its actor has ended. Nothing was done."
                )
            )
            : new($"{call.Shown} was ended: this service was disposed. Whether it took effect is not known.");

    static T GetExpected<T>(object reply, IConveyorMessage command, CancellationToken cancellationToken)
        where T : class, IConveyorReply
    {
        return reply switch
        {
            T expected => expected,
            Failed failed => throw Problems.ToException(failed),
            WaitCancelled => throw new OperationCanceledException(cancellationToken),
            _ => throw new BufferServiceException(
                $"{Describe(command)} got the reply {reply.GetType().Name}; {typeof(T).Name} was expected."
            ),
        };
    }

    /// <summary>
    /// Sends a command that may have to wait for records or room. A cancellation is sent to the actor, and the actor's
    /// reply decides the result, so that a grant made by then is not lost.
    /// </summary>
    public async ValueTask<T> WaitAsync<T>(
        IWaitingCommand command,
        string? stage,
        string? source,
        CancellationToken cancellationToken
    )
        where T : class, IConveyorReply
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reply = AskAsync<T>(command, null, CancellationToken.None).AsTask(); // sent before it can be cancelled
        using (
            cancellationToken.UnsafeRegister(
                _ => Send(new CancelWait(command.Pipeline, stage, source, command.Wait)),
                null
            )
        )
        {
            try
            {
                return await reply.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new BufferServiceException(
                    $"{Describe(command)} was ended: this service was disposed, or its actor has ended."
                );
            }
        }
    }

    /// <summary>
    /// Completes when every call made so far has its reply, which is soon after the pipelines have stopped, or when the
    /// time is over. May be called once.
    /// </summary>
    public async Task WaitForRepliesAsync(TimeSpan atMost)
    {
        try
        {
            await underWay.WhenOverAsync().WaitAsync(atMost).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Calls that still wait fail because the service has ended.
        }
    }

    void Send(IConveyorMessage command)
    {
        if (Remote is not null)
            Remote.Send(command);
        else
            pipelines.Tell(WrapForHere(command), Client);
    }

    /// <summary>Throws if this port, or the actor that it sends to, has ended.</summary>
    public void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(isDisposed, typeof(ActorBufferService));
        if (ended.IsCancellationRequested)
            throw new BufferServiceException(
                new Failed(
                    Problem.NotNow,
                    whyEnded ?? "The actors that hold the buffers have ended, or this service's own actor has."
                )
            );
    }

    static string Describe(IConveyorMessage command) =>
        command is IPipelineCommand { Pipeline: var pipeline }
            ? $"{command.GetType().Name} to pipeline '{pipeline}'"
            : command.GetType().Name;
}
