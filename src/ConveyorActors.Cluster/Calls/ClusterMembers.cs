using Akka.Cluster;

namespace ConveyorActors.Cluster.Calls;

/// <summary>The nodes that may have pipelines; callbacks are told of each node that begins to leave, and of each that has left or was declared dead.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ClusterMembers : IDisposable
{
    readonly Akka.Cluster.Cluster cluster;
    readonly string? role;
    readonly IActorRef watcher;

    public ClusterMembers(ActorSystem system, string? role, Action<Address> leaves, Action<Address> hasLeft)
    {
        cluster = Akka.Cluster.Cluster.Get(system);
        this.role = role;
        watcher = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new Watcher(cluster, leaves, hasLeft)), $"conveyor-members-{Guid.NewGuid():N}");
    }

    /// <summary>Gets the paths of the actors that take commands to the pipelines of each node.</summary>
    public IReadOnlyList<string> Paths => [.. cluster.State.Members
        .Where(m => m.Status is MemberStatus.Up or MemberStatus.Leaving && (role is null || m.HasRole(role))).Select(m => PathOf(m.Address))];

    /// <summary>Returns the path of the actor that takes commands to a node's pipelines.</summary>
    public static string PathOf(Address node) => $"{node}/user/conveyor/pipelines";

    public void Dispose() => watcher.Tell(PoisonPill.Instance, ActorRefs.NoSender);

    sealed class Watcher(Akka.Cluster.Cluster cluster, Action<Address> leaves, Action<Address> hasLeft) : UntypedActor
    {
        protected override void PreStart() => cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberLeft), typeof(ClusterEvent.MemberExited),
            typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved));

        protected override void PostStop() => cluster.Unsubscribe(Self);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case ClusterEvent.MemberLeft left:
                    leaves(left.Member.Address);
                    break;
                case ClusterEvent.MemberExited exited:
                    leaves(exited.Member.Address);
                    break;
                case ClusterEvent.MemberDowned downed:
                    hasLeft(downed.Member.Address);
                    break;
                case ClusterEvent.MemberRemoved removed:
                    hasLeft(removed.Member.Address);
                    break;
            }
        }
    }
}
