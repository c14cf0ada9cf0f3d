using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors;

/// <summary>
/// The buffers of an actor system. <c>ConveyorSystem.Get(system)</c> starts them; <see cref="StopAsync"/>, or the
/// system's coordinated shutdown, stops them.
/// </summary>
/// <remarks>
/// Safe for use by many threads. All actors live under <c>/user/conveyor</c>. The configuration is the block
/// <c>conveyor</c>; hocon/conveyor.conf explains every key.
/// </remarks>
public sealed class ConveyorSystem : IExtension
{
    static readonly TimeSpan ReplyGrace = TimeSpan.FromSeconds(5),
        MaxDeadline = TimeSpan.FromDays(1),
        StopIsSlowAfter = TimeSpan.FromSeconds(5);

    const string AfterStop =
        "The buffers of this actor system have stopped (ConveyorSystem.StopAsync, or coordinated shutdown): their pipelines can be queried and refuse offers, and nothing can be changed.";

    readonly ExtendedActorSystem system;
    readonly BufferActorState[] cores;
    readonly BufferActorMetrics metrics;
    readonly IActorRef events;
    readonly IActorRef guardian;
    readonly ActorBufferService service;
    readonly IPipelinePlacement? placement;
    readonly PipelineDirectory directory;
    readonly IReadOnlyList<IActorRef> writers;
    readonly TaskCompletionSource<ConveyorStopReport> stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int nextWriter = -1;
    int stopRequests;

    internal ConveyorSystem(ExtendedActorSystem system)
    {
        this.system = system;
        Settings = ReadSettings(system);
        InjectFallback();
        Wire.ConveyorSerializer.Register(system);
        var setup = system.Settings.Setup.Get<ConveyorSetup>() is { HasValue: true } given ? given.Value : new();
        cores =
        [
            .. Enumerable
                .Range(0, Settings.BufferActors.Count)
                .Select(core => new BufferActorState(core, Settings.BufferActors)),
        ];
        var name = MeterNames.Reserve(system);
        directory = CreateDirectory(setup, name);
        var started = ConveyorGuardian.Start(system, directory, cores);
        (guardian, Pipelines, Buffers, writers) = (
            started.Guardian,
            started.Pipelines,
            started.Buffers,
            started.Writers
        );
        service = new ActorBufferService(started.Pipelines, Settings.AskTimeout, started.Client)
        {
            IsDurable = Settings.KeepsRecords,
        };
        metrics = new(name, cores);
        _ = system.WhenTerminated.ContinueWith(
            _ => metrics.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        if (PipelinePlacement.Find(Settings) is { } provider)
        {
            placement = provider.Start(system, Settings, Pipelines);
            directory.Placed.Elsewhere = placement.Elsewhere;
        }
        // A system actor, not a child of the root actor of the buffers, because the log has no part in the buffers'
        // guarantees.
        events = system.SystemActorOf(
            EventActor.Props(directory, new(TimeProvider.System), setup.EventPeriod),
            "conveyor-events"
        );
        if (Settings.RunByCoordinatedShutdown)
            ShutdownPhase.Register(system, Settings.StopDeadline, deadline => StopAsync(deadline));
    }

    /// <summary>
    /// Adds the reference configuration, the serializer's bindings and the shutdown phase to the system's
    /// configuration.
    /// </summary>
    void InjectFallback()
    {
        // Akka drops serializers registered at run time when a fallback is injected, here or later by another
        // extension, so the binding is in the fallback, too.
        var fallback = ConveyorSettings.ReferenceConfig.WithFallback(Wire.ConveyorSerializer.Bindings);
        if (Settings.RunByCoordinatedShutdown)
            fallback = fallback.WithFallback(ShutdownPhase.CreateFallback(Settings.StopDeadline));
        system.Settings.InjectTopLevelFallback(fallback);
    }

    PipelineDirectory CreateDirectory(ConveyorSetup setup, string meterName)
    {
        var created = new PipelineDirectory(
            Settings,
            setup.Clock,
            setup.Around,
            Settings.Wire.GetBatchBytes(system.Settings.Config),
            meterName
        )
        {
            Storage = PipelineStorage.Create(system, Settings),
            Budgets =
                Settings.Cluster.SourceBudgets.Count == 0
                    ? null
                    : new(Settings.Cluster.SourceBudgets, TimeProvider.System),
        };
        created.Budgets?.Register(system);
        return created;
    }

    /// <summary>
    /// Reads and validates the configuration before anything is started, so that a wrong configuration leaves the
    /// system unchanged.
    /// </summary>
    static ConveyorSettings ReadSettings(ExtendedActorSystem system)
    {
        var config = system.Settings.Config;
        var settings = ConveyorSettings.FromConfig(config);
        settings.Wire.GetBatchBytes(config);
        // The dispatchers are looked up in the system's own configuration.
        if (
            !config.HasPath("conveyor.pipeline-dispatcher.executor")
            || !config.HasPath("conveyor.buffer-actor-dispatcher.executor")
        )
        {
            system.Settings.InjectTopLevelFallback(ConveyorSettings.ReferenceConfig);
            config = system.Settings.Config;
        }
        DispatcherCheck.Check(system, config, "conveyor.buffer-actors.dispatcher", settings.BufferActors.Dispatcher);
        DispatcherCheck.Check(system, config, "conveyor.dispatchers.pipelines", settings.Dispatchers.Pipelines);
        DispatcherCheck.Check(system, config, "conveyor.dispatchers.stages", settings.Dispatchers.Stages);
        PipelineStorage.Check(system, settings);
        PipelinePlacement.Find(settings)?.Check(system, settings);
        return settings;
    }

    /// <summary>
    /// Returns the buffers of an actor system; the first call starts them. The call blocks on no actor, so it may be
    /// made from any actor, on any dispatcher.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The system has terminated, and the buffers were not started before.
    /// </exception>
    /// <exception cref="Akka.Configuration.ConfigurationException">
    /// A key of the configuration is wrong; the message names it. Nothing was started and the failure is not kept: the
    /// next call reads the configuration again.
    /// </exception>
    public static ConveyorSystem Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        if (system.WhenTerminated.IsCompleted && !system.HasExtension<ConveyorSystem>())
            throw new InvalidOperationException(
                $"Actor system '{system.Name}' has terminated; the buffers must be started before that."
            );
        // Validated first, because Akka throws an exception of an extension's creation again on every later call.
        if (!system.HasExtension<ConveyorSystem>())
            ReadSettings((ExtendedActorSystem)system);
        return system.WithExtension<ConveyorSystem, ConveyorSystemProvider>();
    }

    /// <summary>Gets the settings, as they were read at the start.</summary>
    public ConveyorSettings Settings { get; }

    /// <summary>
    /// Gets the actor that takes <see cref="Enqueue"/> and <see cref="EnqueueBatch"/> and routes each to the buffer of
    /// the core that the sender runs on. A full buffer refuses records at once, on the sender's own thread. A sender
    /// that changes cores changes buffers; use <see cref="CreateWriter"/> where order matters.
    /// </summary>
    public IActorRef Buffers { get; }

    /// <summary>
    /// Gets the actor that takes every <see cref="IPipelineCommand"/>, and creates a pipeline's manager on its first
    /// command. In a cluster, a command for a pipeline of another node is passed on to that node; a command that is
    /// lost while the pipeline moves must be sent again.
    /// </summary>
    public IActorRef Pipelines { get; }

    /// <summary>Gets the buffer service, for code that is no actor. In a cluster it reaches all pipelines.</summary>
    public IBufferService Service => placement?.Service ?? service;

    /// <summary>
    /// Creates a port to those pipelines of a cluster that are on this node. It refuses records that consumers on other
    /// nodes could not receive.
    /// </summary>
    internal ActorBufferService CreateServiceForHere() =>
        new(
            Pipelines,
            Settings.AskTimeout,
            ServiceOwner.CreateBelow(guardian, system.Provider, $"service-owner-{Guid.NewGuid():N}"),
            directory: directory
        )
        {
            IsDurable = Settings.KeepsRecords,
            MaxRecordBytes = Settings.Wire.GetBatchBytes(system.Settings.Config),
        };

    /// <summary>Gets a snapshot of each buffer actor's state and counters.</summary>
    public IReadOnlyList<BufferActorSnapshot> BufferActors => [.. cores.Select(c => c.GetSnapshot())];

    /// <summary>
    /// Returns a reference to one buffer actor. Records that one thread or actor enqueues through it arrive at each
    /// stage in that order.
    /// </summary>
    public IActorRef CreateWriter() =>
        writers[(int)((uint)Interlocked.Increment(ref nextWriter) % (uint)writers.Count)];

    /// <summary>
    /// Stops the buffers: refuses new records, passes on the records that the buffer actors hold, lets consumers finish
    /// until the deadline, and returns a report. Later calls return the same report.
    /// </summary>
    /// <remarks>
    /// The actors end with the stop. Until <see cref="Service"/> is disposed it refuses offers
    /// (<see cref="Buffers.OfferStatus.Draining"/>), returns empty leases, and shows the pipelines as they were when
    /// they stopped; its other calls throw <see cref="BufferServiceException"/>. In a cluster, where the pipelines
    /// continue on other nodes, all calls of this node's service fail after the stop.
    /// </remarks>
    /// <param name="deadline">The deadline, from zero to one day; null: <c>conveyor.stop-deadline</c>.</param>
    public Task<ConveyorStopReport> StopAsync(TimeSpan? deadline = null)
    {
        var given = deadline ?? Settings.StopDeadline;
        if (given < TimeSpan.Zero || given > MaxDeadline)
            throw new ArgumentOutOfRangeException(
                nameof(deadline),
                deadline,
                $"deadline is {given}; it must be from zero to one day."
            );
        if (Interlocked.Exchange(ref stopRequests, 1) == 0)
            _ = StopOnceAsync(given);
        return stopped.Task;
    }

    async Task StopOnceAsync(TimeSpan deadline)
    {
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            using var slow = TimeProvider.System.CreateTimer(
                _ =>
                    BufferLog.StopSlow(
                        system.Log,
                        TimeProvider.System.GetElapsedTime(began),
                        deadline,
                        cores.Sum(c => c.Gate.Used)
                    ),
                null,
                StopIsSlowAfter,
                StopIsSlowAfter
            );
            foreach (var core in cores)
                core.Gate.Close();
            await Task.WhenAll(cores.Select(c => DrainAsync(c, deadline))).ConfigureAwait(false);
            Pipelines.Tell(new PipelinesActor.RefuseNewPipelines(), ActorRefs.NoSender);
            var lostBefore = cores.Sum(c => c.Lost);
            var left = deadline - TimeProvider.System.GetElapsedTime(began);
            // In a cluster the pipelines continue on other nodes.
            if (placement is not null)
                await placement.LeaveAsync(left > ReplyGrace ? left : ReplyGrace).ConfigureAwait(false);
            var reports = placement is not null
                ? new Dictionary<string, StopReport>()
                : await StopPipelinesAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero).ConfigureAwait(false);
            // From now on the pipelines refuse the records that are still in the buffer actors. Senders that wait for a
            // reply get one.
            await Task.WhenAll(cores.Select(c => DrainAsync(c, ReplyGrace))).ConfigureAwait(false);
            if (placement is null)
                service.ContinueWith(directory.CreateStopped());
            await service.WaitForRepliesAsync(ReplyGrace).ConfigureAwait(false);
            await service.EndAsync(AfterStop).ConfigureAwait(false);
            if (placement is not null)
                await placement.Service.DisposeAsync().ConfigureAwait(false);
            await CloseLinksAsync().ConfigureAwait(false);
            await guardian.GracefulStop(ReplyGrace).ConfigureAwait(false);
            var report = new ConveyorStopReport(
                cores.Sum(c => c.Gate.Used) + (int)(cores.Sum(c => c.Lost) - lostBefore),
                reports
            );
            events.Tell(EventActor.Finish.Instance, ActorRefs.NoSender);
            metrics.Dispose();
            BufferLog.LogStopped(system.Log, report, deadline, Settings.StopDeadline);
            stopped.SetResult(report);
        }
        catch (Exception failure)
        {
            stopped.SetException(
                new BufferServiceException(
                    $"The buffers could not be stopped in order: {ExceptionMessage.Read(failure)}",
                    failure
                )
            );
        }
    }

    /// <summary>
    /// Closes the links of ports on other nodes. The ports get every reply before the end, and learn which of their
    /// calls were not executed.
    /// </summary>
    async Task CloseLinksAsync()
    {
        try
        {
            await Pipelines.Ask<object>(CloseLinks.Instance, ReplyGrace).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is AskTimeoutException or BufferServiceException)
        {
            // A port that cannot be reached now detects the end by itself.
        }
    }

    static async Task DrainAsync(BufferActorState core, TimeSpan deadline)
    {
        if (core.Gate.Used == 0)
            return;
        if (deadline == TimeSpan.Zero)
        {
            // Ask takes a timeout of zero as infinite.
            core.Actor.Tell(new BufferActor.Drain(), ActorRefs.NoSender);
            return;
        }
        try
        {
            await core.Actor.Ask<BufferActor.Drained>(new BufferActor.Drain(), deadline).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // The stop report contains the remaining records.
        }
    }

    async Task<IReadOnlyDictionary<string, StopReport>> StopPipelinesAsync(TimeSpan deadline)
    {
        // Sent to the actor and not through the service, which belongs to the users and may have been disposed.
        var names = (
            await Pipelines.Ask<NameList>(GetPipelines.Instance, Settings.AskTimeout).ConfigureAwait(false)
        ).Names;
        var stopping = names.Select(async name =>
        {
            var stopped = await Pipelines
                .Ask<PipelineStopped>(new StopPipeline(name, deadline), deadline + Settings.AskTimeout)
                .ConfigureAwait(false);
            return (name, stopped.Report);
        });
        return (await Task.WhenAll(stopping).ConfigureAwait(false)).ToDictionary(
            s => s.name,
            s => s.Report,
            StringComparer.Ordinal
        );
    }
}

/// <summary>
/// Creates the <see cref="ConveyorSystem"/> of an actor system. Named in <c>akka.extensions</c> of a configuration.
/// </summary>
public sealed class ConveyorSystemProvider : ExtensionIdProvider<ConveyorSystem>
{
    /// <inheritdoc/>
    public override ConveyorSystem CreateExtension(ExtendedActorSystem system) => new(system);
}
