using Akka.Cluster;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// Notices that a cluster has no nodes with pipelines any more. Nodes that are started again begin a new cluster, because none of their seed nodes is in the old one: a
/// program that stayed would wait for ever.
/// </summary>
sealed class NodesWatcher(Akka.Cluster.Cluster cluster, TaskCompletionSource gone) : UntypedActor, IWithTimers
{
    /// <summary>How long there must be no node: members that join and leave are told of one after the other.</summary>
    static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(2);

    readonly HashSet<UniqueAddress> nodes = [];

    public ITimerScheduler Timers { get; set; } = null!;

    sealed record Gone : INoSerializationVerificationNeeded
    {
        public static Gone Instance { get; } = new();
    }

    protected override void PreStart() => cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Gone:
                gone.TrySetResult();
                break;
            case ClusterEvent.IMemberEvent { Member: var member } when member.HasRole(ClusterClient.Role):
                break;
            case ClusterEvent.MemberRemoved { Member: var member }:
                nodes.Remove(member.UniqueAddress);
                if (nodes.Count == 0) Timers.StartSingleTimer(Gone.Instance, Gone.Instance, GoneAfter);
                break;
            case ClusterEvent.IMemberEvent { Member: var member }:
                nodes.Add(member.UniqueAddress);
                Timers.Cancel(Gone.Instance);
                break;
        }
    }
}
