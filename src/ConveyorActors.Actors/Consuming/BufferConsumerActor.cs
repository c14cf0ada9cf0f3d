using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Consumes from a stage: leases records, has them handled, one by one or in batches, and settles them. A record whose
/// handler throws is returned with a retry charged; a batch whose handler throws comes again in smaller leases until
/// the record that is to blame is alone, and only that one is charged.
/// </summary>
/// <remarks>
/// <para>The actor may be restarted or stopped at any moment, by its parent or by hand: what it waits for is given up,
/// what it has not begun goes back at once,
/// uncharged, and what a handler is working on is settled when the handler returns. After a restart it begins anew.
/// <see cref="StopConsuming"/> ends it after it has finished what it has.</para>
/// <para>Handlers run on the thread pool and never in the actor, so that one that blocks does not keep the actor from
/// its messages. Failed calls to the
/// service are made again with growing delay. The actor stops when the pipeline has stopped
/// (<see cref="BufferConsumerSettings.StopsWithPipeline"/>).</para>
/// </remarks>
public sealed class BufferConsumerActor : UntypedActor
{
    readonly IBufferService service;
    readonly BufferConsumerSettings settings;
    readonly Func<SemaphoreSlim, ILoggingAdapter, BatchHandler> makeHandler;
    ConsumerRun? run;

    BufferConsumerActor(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<SemaphoreSlim, ILoggingAdapter, BatchHandler> makeHandler
    ) => (this.service, this.settings, this.makeHandler) = (service, settings, makeHandler);

    sealed record RunEnded(ConsumerRun Run, string Reason) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A consumer that handles one record after the other.</summary>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="settings">From which stage, and how.</param>
    /// <param name="handle">
    /// Handles a record; must be safe for use by many threads where <see cref="BufferConsumerSettings.Concurrency"/> is
    /// above 1.
    /// </param>
    public static Props Props(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<BufferedRecord<ConveyorRecord>, RecordResult> handle
    )
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Props(service, settings, (record, _) => Task.FromResult(handle(record)));
    }

    /// <summary>A consumer that handles one record after the other, each asynchronously.</summary>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="settings">From which stage, and how.</param>
    /// <param name="handle">
    /// Handles a record. Its token is cancelled when the actor stops, or the record's lease has been handled for too
    /// long.
    /// </param>
    public static Props Props(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<BufferedRecord<ConveyorRecord>, CancellationToken, Task<RecordResult>> handle
    )
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Make(service, settings, (slots, log) => BatchHandlers.OfRecords(handle, settings.KeepOrder, slots, log));
    }

    /// <summary>A consumer that handles batches as they are leased.</summary>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="settings">From which stage, and how.</param>
    /// <param name="handle">Handles a batch and returns a result for each of its records, in order.</param>
    public static Props PropsForBatches(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<LeasedBatch, CancellationToken, Task<IReadOnlyList<RecordResult>>> handle
    )
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Make(service, settings, (slots, _) => BatchHandlers.OfBatches(handle, slots));
    }

    static Props Make(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<SemaphoreSlim, ILoggingAdapter, BatchHandler> makeHandler
    )
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(settings);
        return Akka.Actor.Props.CreateBy(new Producer(() => new BufferConsumerActor(service, settings, makeHandler)));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var log = Context.GetLogger();
        var consumer =
            settings.Consumer
            ?? Self.Path.ToStringWithAddress(((ExtendedActorSystem)Context.System).Provider.DefaultAddress);
        run = new(service, settings, consumer, makeHandler(new(settings.Concurrency), log), log);
        var (started, self) = (run, Self);
        _ = TellAsync();

        async Task TellAsync() =>
            self.Tell(new RunEnded(started, await started.RunAsync().ConfigureAwait(false)), self);
    }

    /// <inheritdoc/>
    protected override void PostStop() => run?.End();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StopConsuming:
                run?.Finish();
                break;
            case RunEnded ended:
                if (!ReferenceEquals(ended.Run, run))
                    break; // an earlier incarnation's
                ConsumerEvents.Ended(Context.GetLogger(), settings, ended.Reason);
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // Props.Create would look for a constructor; this calls a function.
    sealed class Producer(Func<ActorBase> make) : IIndirectActorProducer
    {
        public Type ActorType => typeof(BufferConsumerActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor) { }
    }
}
