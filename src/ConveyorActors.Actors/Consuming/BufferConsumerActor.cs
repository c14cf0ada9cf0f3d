using Akka.Event;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// Consumes from a stage: leases records, passes them to a handler one by one or in batches, and settles them. A record
/// whose handler throws is returned with a retry charged. A batch whose handler throws is returned uncharged and leased
/// again in smaller parts, until the failing record is alone; only that record is charged.
/// </summary>
/// <remarks>
/// <para>The actor may be restarted or stopped at any moment, by its parent or by hand. It then ends its waits, returns
/// at once and uncharged the records that it has not begun, and settles the records that a handler is working on when
/// the handler returns. After a restart the actor starts over. <see cref="StopConsuming"/> stops it after it has
/// finished the records that it holds.</para>
/// <para>Handlers run on the thread pool and never in the actor, so a handler that blocks does not keep the actor from
/// its messages. Failed calls to the service are repeated with growing delay. The actor stops when the pipeline has
/// stopped (<see cref="BufferConsumerSettings.StopsWithPipeline"/>).</para>
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

    /// <summary>Returns the props of a consumer that handles single records with a synchronous handler.</summary>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="settings">The stage to consume from, and the settings of the consumer.</param>
    /// <param name="handle">
    /// Handles a record. Must be safe for use by many threads if <see cref="BufferConsumerSettings.Concurrency"/> is
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

    /// <summary>Returns the props of a consumer that handles single records with an asynchronous handler.</summary>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="settings">The stage to consume from, and the settings of the consumer.</param>
    /// <param name="handle">
    /// Handles a record. Its token is cancelled when the actor stops, or when the handling of the record's lease
    /// exceeds <see cref="BufferConsumerSettings.HandlingTimeout"/>.
    /// </param>
    public static Props Props(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<BufferedRecord<ConveyorRecord>, CancellationToken, Task<RecordResult>> handle
    )
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Make(
            service,
            settings,
            (slots, log) => BatchHandlers.ForRecords(handle, settings.KeepOrder, slots, log)
        );
    }

    /// <summary>Returns the props of a consumer that handles whole batches as they are leased.</summary>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="settings">The stage to consume from, and the settings of the consumer.</param>
    /// <param name="handle">Handles a batch and returns a result for each of its records, in order.</param>
    public static Props PropsForBatches(
        IBufferService service,
        BufferConsumerSettings settings,
        Func<LeasedBatch, CancellationToken, Task<IReadOnlyList<RecordResult>>> handle
    )
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Make(service, settings, (slots, _) => BatchHandlers.ForBatches(handle, slots));
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
        _ = NotifyAsync();

        async Task NotifyAsync() =>
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
                    break; // a message to an earlier incarnation
                ConsumerEvents.LogEnded(Context.GetLogger(), settings, ended.Reason);
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // Props.Create would look for a constructor; this class calls a function instead.
    sealed class Producer(Func<ActorBase> make) : IIndirectActorProducer
    {
        public Type ActorType => typeof(BufferConsumerActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor) { }
    }
}
