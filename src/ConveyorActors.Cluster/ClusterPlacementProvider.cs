using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Cluster.Budgets;
using ConveyorActors.Cluster.Calls;
using ConveyorActors.Cluster.Joining;
using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster;

/// <summary>Places pipelines by Akka.Cluster.Sharding, if <c>conveyor.cluster.enabled</c> is on.</summary>
public sealed class ClusterPlacementProvider : IPipelinePlacementProvider
{
    /// <inheritdoc/>
    public void Check(ExtendedActorSystem system, ConveyorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        ClusterCheck.Check(system.Settings.Config);
        ClusterCheck.CheckBudgets(
            settings,
            HasPipelines(settings.Cluster.Role, system.Settings.Config.GetStringList("akka.cluster.roles", []))
        );
    }

    internal static bool HasPipelines(string? role, IEnumerable<string> roles) => role is null || roles.Contains(role);

    /// <inheritdoc/>
    public IPipelinePlacement Start(ExtendedActorSystem system, ConveyorSettings settings, IActorRef pipelines)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(pipelines);
        return ClusterPlacement.Start(system, settings, pipelines);
    }
}

/// <summary>The shard region of one actor system, and the buffer service over it.</summary>
sealed class ClusterPlacement : IPipelinePlacement
{
    /// <summary>The name of the entities' type.</summary>
    public const string TypeName = "conveyor-pipelines";

    static readonly TimeSpan MaxAlone = TimeSpan.FromSeconds(5);

    readonly IActorRef region;
    readonly Akka.Cluster.Cluster cluster;
    readonly string? role;

    ClusterPlacement(
        IActorRef region,
        IActorRef elsewhere,
        IBufferService service,
        Akka.Cluster.Cluster cluster,
        string? role
    ) => (this.region, Elsewhere, Service, this.cluster, this.role) = (region, elsewhere, service, cluster, role);

    /// <inheritdoc/>
    public IActorRef Elsewhere { get; }

    /// <inheritdoc/>
    public IBufferService Service { get; }

    public static ClusterPlacement Start(ExtendedActorSystem system, ConveyorSettings settings, IActorRef pipelines)
    {
        var (cluster, given) = (Akka.Cluster.Cluster.Get(system), settings.Cluster);
        var sharding = ClusterSharding.Get(system);
        RunningSerializers.Register(
            system,
            PlacementSerializer.Name,
            PlacementSerializer.Bindings,
            typeof(IPlacementMessage),
            [typeof(Locate), typeof(Located), typeof(GetSettings), typeof(SettingsReply)],
            static s => new PlacementSerializer(s)
        );
        BudgetStart.RegisterSerializer(system);
        var extractor = new PipelineExtractor(given.Shards);
        var path = ClusterMembers.GetPath(cluster.SelfAddress);
        var metrics = new ClusterMetrics(MeterNames.Reserve(system), cluster.SelfAddress.ToString(), given.Shards);
        _ = system.WhenTerminated.ContinueWith(
            _ => metrics.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        var hasPipelines = ClusterPlacementProvider.HasPipelines(given.Role, cluster.SelfRoles);
        if (hasPipelines && !settings.KeepsRecords)
            system.Log.Warning(
                "conveyor.cluster.enabled is on and conveyor.persistence is off: a pipeline that moves loses its records."
            );
        var agreed = SettingsGuard.Start(system, settings, hasPipelines);
        var region = hasPipelines
            ? sharding.Start(
                TypeName,
                id =>
                    PipelineEntity.Props(
                        PipelineExtractor.GetPipeline(id),
                        pipelines,
                        path,
                        given.PassivateAfter,
                        metrics,
                        agreed
                    ),
                ClusterShardingSettings
                    .Create(system)
                    .WithRole(given.Role!)
                    .WithRememberEntities(settings.KeepsRecords),
                extractor,
                sharding.DefaultShardAllocationStrategy(ClusterShardingSettings.Create(system)),
                PipelineEntity.Stop.Instance
            )
            : sharding.StartProxy(TypeName, given.Role!, extractor);
        if (hasPipelines && SourceBudgets.Find(system) is { } budgets)
            BudgetStart.Start(system, settings, region, budgets);
        var service = RegionBufferService.Start(system, region, settings, agreed);
        return new(
            region,
            system.SystemActorOf(RegionForwarder.Props(region, service), "conveyor-elsewhere"),
            service,
            cluster,
            given.Role
        );
    }

    bool IsLast =>
        !cluster.State.Members.Any(m =>
            m.Address != cluster.SelfAddress
            && m.Status is (MemberStatus.Up or MemberStatus.WeaklyUp)
            && (role is null || m.HasRole(role))
        );

    /// <inheritdoc/>
    public async Task LeaveAsync(TimeSpan deadline)
    {
        try
        {
            // The last node has no other node to hand its pipelines over to. They write their last events; the region
            // would wait for another node.
            await region
                .GracefulStop(IsLast && deadline > MaxAlone ? MaxAlone : deadline, GracefulShutdown.Instance)
                .ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            // The node that takes a pipeline over claims it in the journal.
        }
    }
}
