using Akka.Event;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The actor of one source of a pipeline. Handles its credits, its signal, and the signal's subscribers.
/// </summary>
sealed class SourceBufferActor : WaitingActor
{
    static readonly TimeSpan ListenAgainAfter = TimeSpan.FromMilliseconds(200);

    readonly string source;
    readonly SourceRegistry registry;

    public SourceBufferActor(PipelineContext shared, string source)
        : base(shared, shared.GetSourceRegistry(source).Waits)
    {
        this.source = source;
        registry = shared.GetSourceRegistry(source);
    }

    public static Props Props(PipelineContext shared, string source) =>
        Akka.Actor.Props.Create(() => new SourceBufferActor(shared, source));

    string Pipeline => Shared.Pipeline;

    IBufferService Buffers => Shared.Buffers;

    protected override bool IsIdle => registry.IsEmpty;

    /// <summary>
    /// Sent by the actor to itself when the source's signal has changed; null: no signal will follow.
    /// </summary>
    sealed record SignalReceived(CancellationTokenSource By, BackpressureSignal? Signal)
        : INoSerializationVerificationNeeded,
            IDeadLetterSuppression;

    /// <summary>Sent by the actor to itself when the engine failed while the actor read its signals.</summary>
    sealed record ListeningFailed(CancellationTokenSource By, Exception Failure)
        : INoSerializationVerificationNeeded,
            IDeadLetterSuppression;

    sealed record RetrySubscription : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static RetrySubscription Instance { get; } = new();
    }

    protected override void PreStart()
    {
        base.PreStart();
        foreach (var owner in registry.Waits.Waiters)
            Context.Watch(owner);
        foreach (var subscriber in registry.Subscribers)
            Context.Watch(subscriber);
        ListenIfNobodyDoes();
    }

    protected override void PostRestart(Exception reason)
    {
        base.PostRestart(reason);
        ListenIfNobodyDoes();
    }

    protected override void PostStop() => StopListening();

    protected override bool Handle(object message)
    {
        if (message is ISourceCommand && PipelineQueries.Uses(message))
            registry.Waits.WasUsed = true;
        switch (message)
        {
            case RequestCredits m:
                Grant(m);
                return true;
            case GiveBackCredits m:
                ReplyWhenDone(m, Buffers.GiveBackCreditsAsync(Pipeline, m.Grant), static r => new Count(r));
                return true;
            case GetAvailableCredits m:
                ReplyWhenDone(m, Buffers.AvailableCreditsAsync(Pipeline, m.Stage, source), static r => new Count(r));
                return true;
            case GetSignal m:
                ReplyWhenDone(m, Buffers.GetSignalAsync(Pipeline, source), static r => new SignalIs(r));
                return true;
            case Explain m:
                ReplyWhenDone(m, Buffers.ExplainAsync(Pipeline, source), static r => new Explained(r));
                return true;
            case SubscribeSignals m:
                Subscribe(m.Subscriber);
                return true;
            case UnsubscribeSignals m:
                Unsubscribe(m.Subscriber);
                return true;
            case Terminated dead:
                Unsubscribe(dead.ActorRef);
                return base.Handle(message);
            case SignalReceived received:
                if (ReferenceEquals(received.By, registry.Listening))
                    Broadcast(received.Signal);
                return true;
            case ListeningFailed failed:
                ListenLater(failed);
                return true;
            case RetrySubscription:
                ListenIfNobodyDoes();
                return true;
            default:
                return base.Handle(message);
        }
    }

    void Grant(RequestCredits m)
    {
        if (m.WaitForRoom)
            ReplyAfterWait(m, c => WaitForCreditsAsync(m, c), static r => new Granted(r));
        else if (m.Wait != Guid.Empty)
            ReplyAfterWait(m, _ => RequestCreditsAsync(m), static r => new Granted(r));
        else
            ReplyWhenDone(m, RequestCreditsAsync(m), static r => new Granted(r));
    }

    ValueTask<CreditGrant> WaitForCreditsAsync(RequestCredits m, CancellationToken cancellationToken) =>
        Buffers.WaitForCreditsAsync(
            Pipeline,
            m.Stage,
            source,
            m.Records,
            m.TimeToLive,
            m.BytesPerRecord,
            cancellationToken
        );

    ValueTask<CreditGrant> RequestCreditsAsync(RequestCredits m) =>
        Buffers.RequestCreditsAsync(Pipeline, m.Stage, source, m.Records, m.TimeToLive, m.BytesPerRecord);

    void ListenLater(ListeningFailed failed)
    {
        if (!ReferenceEquals(failed.By, registry.Listening))
            return;
        Context
            .GetLogger()
            .Warning(
                failed.Failure,
                "The signals of source '{0}' could not be read; trying again in {1} ms.",
                source,
                ListenAgainAfter.TotalMilliseconds
            );
        registry.Listening = null;
        Timers.StartSingleTimer(RetrySubscription.Instance, RetrySubscription.Instance, ListenAgainAfter);
    }

    void ListenIfNobodyDoes()
    {
        if (registry.Subscribers.Count > 0 && registry.Listening is null)
            Listen();
    }

    void Subscribe(IActorRef subscriber)
    {
        if (!registry.Subscribers.Add(subscriber))
            return;
        Context.Watch(subscriber);
        if (registry.Listening is null)
            Listen();
        if (registry.Last is { } last)
            subscriber.Tell(new SignalChanged(Pipeline, source, last), Self);
    }

    void Unsubscribe(IActorRef subscriber)
    {
        if (registry.Subscribers.Remove(subscriber) && registry.Subscribers.Count == 0)
            StopListening();
    }

    void Broadcast(BackpressureSignal? signal)
    {
        if (signal is null)
        {
            foreach (var subscriber in registry.Subscribers)
                subscriber.Tell(new SignalsEnded(Pipeline, source), Self);
            registry.Subscribers.Clear();
            StopListening();
            return;
        }
        // Sent even if equal to the last signal, because it wakes a source that was refused.
        registry.Last = signal;
        foreach (var subscriber in registry.Subscribers)
            subscriber.Tell(new SignalChanged(Pipeline, source, signal.Value), Self);
    }

    void Listen()
    {
        registry.Listening = new();
        _ = ListenAsync(Buffers, Pipeline, source, registry.Listening, Self);
    }

    void StopListening()
    {
        registry.Listening?.Cancel();
        registry.Listening = null;
        if (registry.Subscribers.Count == 0)
            registry.Last = null;
    }

    static async Task ListenAsync(
        IBufferService buffers,
        string pipeline,
        string source,
        CancellationTokenSource by,
        IActorRef self
    )
    {
        try
        {
            await foreach (
                var signal in buffers.SubscribeSignalsAsync(pipeline, source, by.Token).ConfigureAwait(false)
            )
                self.Tell(new SignalReceived(by, signal), self);
            self.Tell(new SignalReceived(by, null), self);
        }
        catch (OperationCanceledException)
        {
            // There are no subscribers left.
        }
        catch (ObjectDisposedException)
        {
            self.Tell(new SignalReceived(by, null), self);
        }
        catch (Exception failure)
        {
            self.Tell(new ListeningFailed(by, failure), self);
        }
    }
}
