using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// The port over actors: over the pipelines of this node or of another node, or over a shard region that spreads them.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end with it. A call that never waits throws
/// <see cref="TimeoutException"/> when no answer comes in time; when the actors end or fail,
/// <see cref="BufferServiceException"/>. Whether such a call took effect is not known. Each call to another node takes
/// effect once and in order, whatever the wire loses or doubles; a record or call that does not fit is refused with
/// <see cref="WireLimitException"/>. When that node has ended or is silent for <c>conveyor.wire.give-up-after</c>,
/// every call under way ends with <see cref="BufferServiceException"/>; later calls find the node again once it is back
/// at its address.
/// </remarks>
public sealed class ActorBufferService : IBufferService
{
    const int MostKept = 256;

    static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    readonly ActorCalls actors;
    long listeners;

    /// <summary>Makes the port over whoever takes commands to pipelines.</summary>
    /// <param name="system">The actor system of the service's own actor.</param>
    /// <param name="pipelines">
    /// Takes every <see cref="IPipelineCommand"/>. If it is on another node, the service uses its path, so that a
    /// successor with the same path is found.
    /// </param>
    /// <param name="askTimeout">
    /// How long to wait for the reply to a call that never waits. From 1 ms; default 10 s.
    /// </param>
    public ActorBufferService(ActorSystem system, IActorRef pipelines, TimeSpan? askTimeout = null)
        : this(
            pipelines,
            Validate(askTimeout ?? DefaultTimeout),
            RemoteOf(Validate(system), Validate(pipelines)),
            system
        ) { }

    /// <summary>Initializes a port over buffers on another node, which need not be running yet.</summary>
    /// <param name="system">The actor system of the service's own actor.</param>
    /// <param name="path">
    /// The path of the actor that takes commands to pipelines:
    /// <c>akka.tcp://NAME@HOST:PORT/user/conveyor/pipelines</c>.
    /// </param>
    /// <param name="askTimeout">
    /// How long to wait for the reply to a call that never waits. From 1 ms; default 10 s.
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

    ActorBufferService(IActorRef pipelines, TimeSpan askTimeout, RemotePort? remote, ActorSystem system)
        : this(pipelines, askTimeout, remote is null ? ServiceOwner.Start(system, pipelines) : null, remote) { }

    internal ActorBufferService(
        IActorRef pipelines,
        TimeSpan askTimeout,
        ServiceOwner? owner,
        RemotePort? remote = null,
        PipelineDirectory? directory = null
    )
    {
        actors = new(pipelines, askTimeout, owner, remote, directory);
        MaxRecordBytes = remote?.MaxBytes ?? int.MaxValue;
    }

    static RemotePort? RemoteOf(ActorSystem system, IActorRef pipelines) =>
        pipelines is not IActorRefScope { IsLocal: false }
            ? null
            : RemotePort.Start(system, system.ActorSelection(pipelines.Path.ToStringWithAddress()));

    /// <summary>
    /// Gets the most bytes that a record may have, which must be able to reach consumers on other nodes.
    /// </summary>
    internal int MaxRecordBytes { get; init; }

    /// <summary>Gets the owner of the leases and waits.</summary>
    internal IActorRef Client => actors.Client;

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

    /// <summary>
    /// Gets whether the pipelines of this actor system store their records beyond the process
    /// (<c>conveyor.persistence</c>). False if they are on another node, because that node's setting is not known here.
    /// </summary>
    public bool IsDurable { get; internal init; }

    /// <summary>Ends its waits and returns its leases. The pipelines go on.</summary>
    public ValueTask DisposeAsync() => actors.DisposeAsync();

    /// <summary>
    /// Completes when every call made so far has its reply, which is soon after the pipelines have stopped, or when the
    /// time is over. May be called once.
    /// </summary>
    internal Task WhenAnsweredAsync(TimeSpan atMost) => actors.WhenAnsweredAsync(atMost);

    /// <inheritdoc/>
    public async ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        await actors
            .AskAsync<Configured>(
                new ConfigurePipeline(Names.Validate(pipeline), settings.Validated()),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        await actors
            .AskAsync<Configured>(
                new ConfigureStage(Names.Validate(pipeline), Names.Validate(stage), settings),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        return (
            await actors
                .AskAsync<LimitsPlanned>(
                    new PlanLimits(Names.Validate(pipeline), settings.Validated()),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Change;
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => BufferForStageAsync(pipeline, stage, source, record, AckLevel.Buffered, credits, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<OfferResult> BufferForStageAsync(
        string pipeline,
        string stage,
        string source,
        ConveyorRecord record,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!WireSize.Fits(record, MaxRecordBytes))
            throw WireSize.TooLarge(record, $"of source '{source}'", MaxRecordBytes);
        var offer = new BufferForStage(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            record,
            credits
        )
        {
            AckLevel = ackLevel,
            Wait = Guid.NewGuid(),
            Owner = Client,
        };
        return (await actors.WaitAsync<Offered>(offer, stage, null, cancellationToken).ConfigureAwait(false)).Result;
    }

    /// <inheritdoc/>
    public ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    ) => BufferBatchForStageAsync(pipeline, stage, source, records, AckLevel.Buffered, credits, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<OfferResult> BufferBatchForStageAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        var given = Copied(records);
        return actors.Remote is not { } remote
            ? await OfferAsync(pipeline, stage, source, given, ackLevel, credits, cancellationToken)
                .ConfigureAwait(false)
            : await new RemoteOffer(
                remote.MaxBytes,
                remote.MaxMessageBytes,
                given,
                (part, c) => OfferAsync(pipeline, stage, source, part, ackLevel, credits, c)
            )
                .RunAsync(source, cancellationToken)
                .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The records go to another node in one message: there must not be more of them than fit into it.
    /// </remarks>
    public async ValueTask<OfferResult> OfferOnceAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        var given = Copied(records);
        if (TooLargeOf(given) is { } large)
            throw WireSize.TooLarge(large, $"of source '{source}'", MaxRecordBytes);
        if (actors.Local is { } local)
        {
            actors.ThrowIfEnded();
            using var call = actors.Count();
            return await local
                .OfferOnceAsync(
                    new(Names.Validate(pipeline), Names.Validate(stage), Names.Validate(source), given, credits)
                    {
                        AckLevel = ackLevel,
                        Offer = id,
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
        return await OfferAsync(pipeline, stage, source, given, ackLevel, credits, cancellationToken, id)
            .ConfigureAwait(false);
    }

    /// <summary>Opens a pipeline of this node, so that offers to it are made in the order of the calls.</summary>
    internal ValueTask OpenAsync(string pipeline, CancellationToken cancellationToken) =>
        actors.Local is null || actors.Local.IsOpen(pipeline) ? default : actors.OpenAsync(pipeline, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> FlushAsync(string pipeline, CancellationToken cancellationToken = default) =>
        (
            await actors
                .AskAsync<Flushed>(new Flush(Names.Validate(pipeline)), null, cancellationToken)
                .ConfigureAwait(false)
        ).IsWritten;

    async ValueTask<OfferResult> OfferAsync(
        string pipeline,
        string stage,
        string source,
        ReadOnlyMemory<ConveyorRecord> records,
        AckLevel ackLevel,
        CreditGrant? credits,
        CancellationToken cancellationToken,
        OfferId? id = null
    )
    {
        var offer = new BufferBatchForStage(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            records,
            credits
        )
        {
            AckLevel = ackLevel,
            Wait = Guid.NewGuid(),
            Owner = Client,
            Offer = id,
        };
        return (await actors.WaitAsync<Offered>(offer, stage, null, cancellationToken).ConfigureAwait(false)).Result;
    }

    /// <inheritdoc/>
    public async ValueTask<LeasedBatch> GetBatchAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        CancellationToken cancellationToken = default
    )
    {
        var ask = new GetBatch(Names.Validate(pipeline), Names.Validate(stage), request)
        {
            Wait = Guid.NewGuid(),
            Owner = Client,
        };
        return (await actors.WaitAsync<Leased>(ask, stage, null, cancellationToken).ConfigureAwait(false)).Batch;
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences = null,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(new Complete(Names.Validate(pipeline), Names.Validate(stage), lease, sequences), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            new CompleteWithCheckpoint(
                Names.Validate(pipeline),
                Names.Validate(stage),
                lease,
                sequences,
                checkpoint.Validate()
            ),
            cancellationToken
        );

    /// <inheritdoc/>
    public async ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        await actors
            .AskAsync<Stored>(new SetCheckpoint(Names.Validate(pipeline), checkpoint.Validate()), cancellationToken)
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(key);
        return (
            await actors
                .AskAsync<CheckpointIs>(new GetCheckpoint(Names.Validate(pipeline), key), cancellationToken)
                .ConfigureAwait(false)
        ).Value;
    }

    /// <inheritdoc/>
    public async ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<PositionIs>(
                    new GetPosition(Names.Validate(pipeline), Names.Validate(source)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Position;

    /// <inheritdoc/>
    public async ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        await actors
            .AskAsync<Stored>(
                new SetPosition(Names.Validate(pipeline), Names.Validate(source), position),
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<SettleResult> ReturnToBufferAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        bool charge = true,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            new ReturnToBuffer(Names.Validate(pipeline), Names.Validate(stage), lease, sequences, reason, charge),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SettleResult> DeadLetterAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string reason,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            new DeadLetterRecords(Names.Validate(pipeline), Names.Validate(stage), lease, sequences, reason),
            cancellationToken
        );

    /// <inheritdoc/>
    public async ValueTask<SettleResult> HopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    )
    {
        var hop = new Hop(
            Names.Validate(pipeline),
            Names.Validate(stage),
            lease,
            sequences,
            Names.Validate(targetStage),
            CheckedResults(targetStage, results)
        );
        // for as long as its results wait for room
        return (await actors.AskAsync<Settled>(hop, null, cancellationToken).ConfigureAwait(false)).Result;
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        long lease,
        string reason,
        CancellationToken cancellationToken = default
    ) => AbandonAsync(pipeline, stage, [lease], reason, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<SettleResult> AbandonAsync(
        string pipeline,
        string stage,
        IReadOnlyList<long> leases,
        string reason,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(leases);
        return SettleAsync(
            new Abandon(Names.Validate(pipeline), Names.Validate(stage), [.. leases], reason),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> StartHopAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        string targetStage,
        ReadOnlyMemory<ConveyorRecord> results,
        CancellationToken cancellationToken = default
    ) =>
        SettleAsync(
            new Hop(
                Names.Validate(pipeline),
                Names.Validate(stage),
                lease,
                sequences,
                Names.Validate(targetStage),
                CheckedResults(targetStage, results)
            )
            {
                WaitForResults = false,
            },
            cancellationToken
        );

    ConveyorRecord? TooLargeOf(ConveyorRecord[] records) =>
        MaxRecordBytes == int.MaxValue ? null : Array.Find(records, r => !WireSize.Fits(r, MaxRecordBytes));

    ConveyorRecord[] CheckedResults(string targetStage, ReadOnlyMemory<ConveyorRecord> results)
    {
        var given = Copied(results);
        return TooLargeOf(given) is { } large
            ? throw WireSize.TooLarge(large, $"among the results for stage '{targetStage}'", MaxRecordBytes)
            : given;
    }

    /// <inheritdoc/>
    public ValueTask<SettleResult> RenewAsync(
        string pipeline,
        string stage,
        long lease,
        CancellationToken cancellationToken = default
    ) => SettleAsync(new Renew(Names.Validate(pipeline), Names.Validate(stage), lease), cancellationToken);

    async ValueTask<SettleResult> SettleAsync(IStageCommand command, CancellationToken cancellationToken) =>
        (await actors.AskAsync<Settled>(command, cancellationToken).ConfigureAwait(false)).Result;

    /// <inheritdoc/>
    public async ValueTask<bool> ShouldBackpressureAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => (await GetSignalAsync(pipeline, source, cancellationToken).ConfigureAwait(false)).IsHeld;

    /// <inheritdoc/>
    public async ValueTask<BackpressureSignal> GetSignalAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<SignalIs>(new GetSignal(Names.Validate(pipeline), Names.Validate(source)), cancellationToken)
                .ConfigureAwait(false)
        ).Signal;

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => ReadSignalsAsync(Names.Validate(pipeline), Names.Validate(source), cancellationToken);

    async IAsyncEnumerable<BackpressureSignal> ReadSignalsAsync(
        string pipeline,
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        actors.ThrowIfEnded();
        var signals = Channel.CreateBounded<BackpressureSignal>(
            new BoundedChannelOptions(MostKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
        );
        var number = Interlocked.Increment(ref listeners);
        // The actor may be gone before it knows of the reader.
        using var end = actors.Ended.UnsafeRegister(_ => signals.Writer.TryComplete(), null);
        actors.Listen(number, pipeline, source, signals.Writer);
        try
        {
            while (await signals.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            while (signals.Reader.TryRead(out var signal))
                yield return signal;
        }
        finally
        {
            actors.StopListening(number, signals.Writer);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<Explained>(new Explain(Names.Validate(pipeline), Names.Validate(source)), cancellationToken)
                .ConfigureAwait(false)
        ).Reasons;

    /// <inheritdoc/>
    public async ValueTask<long> AvailableCreditsAsync(
        string pipeline,
        string? stage,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<Count>(
                    new GetAvailableCredits(Names.Validate(pipeline), stage, Names.Validate(source)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Value;

    /// <inheritdoc/>
    public async ValueTask<CreditGrant> RequestCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    )
    {
        var request = new RequestCredits(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            records,
            timeToLive,
            bytesPerRecord
        );
        return (await actors.AskAsync<Granted>(request, cancellationToken).ConfigureAwait(false)).Grant;
    }

    /// <inheritdoc/>
    public async ValueTask<CreditGrant> WaitForCreditsAsync(
        string pipeline,
        string stage,
        string source,
        int records,
        TimeSpan timeToLive,
        int bytesPerRecord = 0,
        CancellationToken cancellationToken = default
    )
    {
        var request = new RequestCredits(
            Names.Validate(pipeline),
            Names.Validate(stage),
            Names.Validate(source),
            records,
            timeToLive,
            bytesPerRecord,
            WaitForRoom: true
        )
        {
            Wait = Guid.NewGuid(),
            Owner = Client,
        };
        return (await actors.WaitAsync<Granted>(request, null, source, cancellationToken).ConfigureAwait(false)).Grant;
    }

    /// <inheritdoc/>
    public async ValueTask<int> GiveBackCreditsAsync(
        string pipeline,
        CreditGrant grant,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        return (int)
            (
                await actors
                    .AskAsync<Count>(new GiveBackCredits(Names.Validate(pipeline), grant), cancellationToken)
                    .ConfigureAwait(false)
            ).Value;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<HoldChanged>(
                    new PlaceHold(Names.Validate(pipeline), Validate(target), Names.Validate(name)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).HasChanged;

    /// <inheritdoc/>
    public async ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<HoldChanged>(
                    new LiftHold(Names.Validate(pipeline), Validate(target), Names.Validate(name)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).HasChanged;

    static HoldTarget Validate(HoldTarget target) =>
        Enum.IsDefined(target)
            ? target
            : throw new ArgumentOutOfRangeException(
                nameof(target),
                target,
                $"target is {target}; it must be Source or Stage."
            );

    /// <inheritdoc/>
    public async ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<Fill>(
                    new GetStageUtilization(Names.Validate(pipeline), Names.Validate(stage)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Value;

    /// <inheritdoc/>
    public async ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<Fill>(new GetGlobalUtilization(Names.Validate(pipeline)), cancellationToken)
                .ConfigureAwait(false)
        ).Value;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<NameList>(new GetStagesWithData(Names.Validate(pipeline)), cancellationToken)
                .ConfigureAwait(false)
        ).Names;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<Peeked>(new Peek(Names.Validate(pipeline), Names.Validate(stage), max), cancellationToken)
                .ConfigureAwait(false)
        ).Records;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<DeadLetterList>(
                    new GetDeadLetters(Names.Validate(pipeline), Names.Validate(stage), max),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).DeadLetters;

    /// <inheritdoc/>
    public async ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        (int)
            (
                await actors
                    .AskAsync<Count>(
                        new ReplayDeadLetters(Names.Validate(pipeline), Names.Validate(stage), max),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            ).Value;

    /// <inheritdoc/>
    public async ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        (int)
            (
                await actors
                    .AskAsync<Count>(
                        new PurgeDeadLetters(Names.Validate(pipeline), Names.Validate(stage), max),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            ).Value;

    /// <inheritdoc/>
    public async ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        (
            await actors
                .AskAsync<SnapshotTaken>(new GetSnapshot(Names.Validate(pipeline)), cancellationToken)
                .ConfigureAwait(false)
        ).Snapshot;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        (await actors.AskAsync<NameList>(GetPipelines.Instance, cancellationToken).ConfigureAwait(false)).Names;

    /// <inheritdoc/>
    public async ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    )
    {
        if (deadline < TimeSpan.Zero && deadline != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(
                nameof(deadline),
                deadline,
                $"deadline is {deadline}; it must be from 0 to {TimeSpan.MaxValue}, or infinite."
            );
        return (
            await actors
                .AskAsync<PipelineStopped>(
                    new StopPipeline(Names.Validate(pipeline), deadline),
                    null,
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Report;
    }

    // The actors may still read them after a call that was cancelled or timed out, when the memory is the caller's to
    // use again.
    static ConveyorRecord[] Copied(ReadOnlyMemory<ConveyorRecord> records)
    {
        var copy = records.ToArray();
        for (var i = 0; i < copy.Length; i++)
            if (copy[i] is null)
                throw new ArgumentNullException(nameof(records), $"records[{i}] is null; it must be a record.");
        return copy;
    }
}
