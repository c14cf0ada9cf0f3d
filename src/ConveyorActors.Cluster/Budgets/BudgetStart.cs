using Akka.Cluster.Tools.Singleton;
using Akka.Pattern;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// Starts the budgets of a node that has pipelines: the singleton's manager, its proxy, and the node's agent.
/// </summary>
static class BudgetStart
{
    const string Singleton = "conveyor-budgets",
        Work = "budgets";

    static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200),
        MaxBackoff = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Registers the serializer of the budgets with the system. Call it before any journal is used: a journal's plugin
    /// keeps the serializers that the system had when the plugin started, and could not read the budgets' events.
    /// </summary>
    public static void RegisterSerializer(ExtendedActorSystem system) =>
        RunningSerializers.Register(
            system,
            BudgetSerializer.Name,
            BudgetSerializer.Bindings,
            typeof(IBudgetMessage),
            BudgetSerializer.Messages,
            static s => new BudgetSerializer(s)
        );

    public static void Start(
        ExtendedActorSystem system,
        ConveyorSettings settings,
        IActorRef region,
        SourceBudgets budgets
    )
    {
        var (role, address) = (settings.Cluster.Role, Akka.Cluster.Cluster.Get(system).SelfAddress);
        var metrics = new BudgetMetrics(MeterNames.Reserve(system), address.ToString(), settings.Cluster.SourceBudgets);
        _ = system.WhenTerminated.ContinueWith(
            _ => metrics.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        // The singleton stops when the journal fails; its supervisor starts it again.
        var work = BackoffSupervisor.Props(
            Backoff
                .OnStop(
                    BudgetSingleton.Props(settings, region, metrics, budgets.Clock),
                    Work,
                    FirstBackoff,
                    MaxBackoff,
                    0.2,
                    -1
                )
                .WithDefaultStoppingStrategy()
        );
        system.SystemActorOf(
            ClusterSingletonManager.Props(
                work,
                PoisonPill.Instance,
                ClusterSingletonManagerSettings.Create(system).WithSingletonName(Work).WithRole(role!)
            ),
            Singleton
        );
        var proxy = system.SystemActorOf(
            ClusterSingletonProxy.Props($"/system/{Singleton}", CreateProxySettings(role)),
            $"{Singleton}-proxy"
        );
        budgets.Agent = system.SystemActorOf(
            BudgetAgent.Props(proxy, budgets, new(settings.Cluster.GrantExpiry), metrics),
            $"{Singleton}-agent"
        );
    }

    // The agent itself logs a warning if there is no reply.
    static ClusterSingletonProxySettings CreateProxySettings(string? role) =>
        new(
            Work,
            role!,
            singletonIdentificationInterval: TimeSpan.FromMilliseconds(500),
            bufferSize: 100,
            considerAppVersion: false,
            logSingletonIdentificationFailure: false,
            singletonIdentificationFailurePeriod: TimeSpan.FromSeconds(30)
        );
}
