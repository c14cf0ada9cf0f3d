using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>The port over actors: over the pipelines of one node, or over a shard region that spreads them.</summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end with it. A call that never waits throws <see cref="TimeoutException"/> when no answer comes in time;
/// when the actors end or fail, <see cref="BufferServiceException"/>. Whether such a call took effect is not known.
/// </remarks>
public sealed partial class ClusterBufferService : IBufferService
{
    readonly IActorRef pipelines;
    readonly IActorRef client;
    readonly TimeSpan askTimeout;
    readonly CancellationTokenSource ended = new();
    readonly ConcurrentDictionary<Guid, Task> waits = new();

    /// <summary>Makes the port over whoever takes commands to pipelines.</summary>
    /// <param name="system">Where the service's own actor lives.</param>
    /// <param name="pipelines">Takes every <see cref="IPipelineCommand"/>.</param>
    /// <param name="askTimeout">How long to wait for the answer to what never waits. From 1 ms; default 10 s.</param>
    public ClusterBufferService(ActorSystem system, IActorRef pipelines, TimeSpan? askTimeout = null)
        : this(pipelines, Checked(askTimeout ?? TimeSpan.FromSeconds(10)), ServiceClient.Start(Given(system), Given(pipelines))) { }

    internal ClusterBufferService(IActorRef pipelines, TimeSpan askTimeout, (IActorRef Actor, Task Ended) client)
    {
        (this.pipelines, this.client, this.askTimeout) = (pipelines, client.Actor, askTimeout);
        _ = client.Ended.ContinueWith(_ => ended.Cancel(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    static TimeSpan Checked(TimeSpan askTimeout) => askTimeout >= TimeSpan.FromMilliseconds(1) && askTimeout.TotalMilliseconds <= int.MaxValue ? askTimeout
        : throw new ArgumentOutOfRangeException(nameof(askTimeout), askTimeout, $"askTimeout is {askTimeout}; it must be from 1 ms to 24 days.");

    static T Given<T>(T given, [CallerArgumentExpression(nameof(given))] string what = "")
        where T : class => given ?? throw new ArgumentNullException(what, $"{what} is null; it must be given.");

    /// <summary>Ends its waits and returns its leases. The pipelines go on.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        client.Tell(PoisonPill.Instance, ActorRefs.NoSender);
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
        using var either = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, ended.Token) : null;
        try
        {
            reply = await pipelines.Ask<object>(command, timeout ?? Timeout.InfiniteTimeSpan, either?.Token ?? ended.Token).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            throw new TimeoutException($"{Shown(command)} was not answered within {askTimeout.TotalSeconds} s. Whether it took effect is not known.");
        }
        catch (BufferServiceException refused) when (refused.Failed is { } failed) { throw Problems.ToException(failed); }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new BufferServiceException($"{Shown(command)} was not answered: the actors that hold the buffers have ended, or this service was disposed.");
        }
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
        waits[command.Wait] = asking;
        using (cancellation.UnsafeRegister(_ => pipelines.Tell(new CancelWait(command.Pipeline, stage, source, command.Wait), client), null))
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
            finally { waits.TryRemove(command.Wait, out _); }
        }
    }

    /// <summary>Completes when every wait has had its answer, which is soon after the pipelines have stopped, or when the time is over.</summary>
    internal async Task WhenAnsweredAsync(TimeSpan atMost)
    {
        try
        {
            await Task.WhenAll(waits.Values).WaitAsync(atMost).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whoever waits hears it.
        }
    }

    void ThrowIfEnded() => ObjectDisposedException.ThrowIf(ended.IsCancellationRequested, this);

    static string Shown(IConveyorMessage command) => command is IPipelineCommand { Pipeline: var pipeline }
        ? $"{command.GetType().Name} to pipeline '{pipeline}'" : command.GetType().Name;
}
