using Akka.Cluster;

namespace ConveyorActors.Node.Running;

/// <summary>
/// Prints the number of nodes with pipelines in the cluster, and then which nodes, and programs without pipelines,
/// join, are silent, and leave.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="role">The role of nodes with pipelines; null: all have them.</param>
sealed class MembershipPrinter(Akka.Cluster.Cluster cluster, string? role) : UntypedActor
{
    protected override void PreStart() =>
        cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent),
            typeof(ClusterEvent.IReachabilityEvent)
        );

    protected override void PostStop() => cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        if (message is ClusterEvent.CurrentClusterState state)
            Messages.Write(
                $"up: {FormatCount(state.Members.Count(m => m.Status == MemberStatus.Up && HasPipelines(m)))}"
            );
        if (FormatNews(message) is not { } news)
            return;
        var member = GetMember(message);
        if (member.UniqueAddress == cluster.SelfUniqueAddress)
        {
            // A node that leaves, or is removed, no longer prints changes of the other nodes.
            if (member.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp or MemberStatus.Up))
                Context.Stop(Self);
            return;
        }
        Messages.Write(
            $"{(HasPipelines(member) ? "node" : "program")} {member.Address.Host}:{member.Address.Port} {news}"
        );
    }

    string FormatCount(int nodes) =>
        !HasPipelines(cluster.SelfMember)
            ? $"without pipelines, in a cluster with {(nodes == 1 ? "one node that has" : $"{nodes} nodes that have")} them"
        : nodes == 1 ? "the only node in the cluster"
        : $"one of {nodes} nodes in the cluster";

    bool HasPipelines(Member member) => role is null || member.HasRole(role);

    static string? FormatNews(object message) =>
        message switch
        {
            ClusterEvent.MemberUp => "has joined",
            ClusterEvent.MemberLeft => "leaves",
            ClusterEvent.MemberDowned => "is declared dead",
            ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down } => "is removed",
            ClusterEvent.MemberRemoved => "has left",
            ClusterEvent.UnreachableMember => "is unreachable",
            ClusterEvent.ReachableMember => "is reachable again",
            _ => null,
        };

    static Member GetMember(object message) =>
        message switch
        {
            ClusterEvent.IMemberEvent of => of.Member,
            ClusterEvent.ReachabilityEvent of => of.Member,
            _ => throw new ArgumentOutOfRangeException(nameof(message)),
        };
}
