using Akka.Cluster;
using Akka.Event;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// Tracks the nodes that may have pipelines. Callbacks are notified of each node that begins to leave, and of each node
/// that has left or was declared dead.
/// </summary>
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
        watcher = ((ExtendedActorSystem)system).SystemActorOf(
            Props.Create(() => new Watcher(cluster, role, leaves, hasLeft)),
            $"conveyor-members-{Guid.NewGuid():N}"
        );
    }

    /// <summary>Gets the paths of the actors that take commands to the pipelines of each node.</summary>
    public IReadOnlyList<string> Paths =>
        [
            .. cluster
                .State.Members.Where(m =>
                    m.Status is MemberStatus.Up or MemberStatus.Leaving && (role is null || m.HasRole(role))
                )
                .Select(m => GetPath(m.Address)),
        ];

    /// <summary>Returns the path of the actor that takes commands to a node's pipelines.</summary>
    public static string GetPath(Address node) => $"{node}/user/conveyor/pipelines";

    public void Dispose() => watcher.Tell(PoisonPill.Instance, ActorRefs.NoSender);

    sealed class Watcher(Akka.Cluster.Cluster cluster, string? role, Action<Address> leaves, Action<Address> hasLeft)
        : UntypedActor,
            IWithTimers
    {
        /// <summary>
        /// How long there must be no node before it counts: the event of a node that leaves may come before that of the
        /// node that replaces it.
        /// </summary>
        static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(2);

        readonly HashSet<UniqueAddress> nodes = [];

        public ITimerScheduler Timers { get; set; } = null!;

        sealed record WaiterGone : INoSerializationVerificationNeeded, IDeadLetterSuppression
        {
            public static WaiterGone Instance { get; } = new();
        }

        protected override void PreStart() =>
            cluster.Subscribe(
                Self,
                ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
                typeof(ClusterEvent.IMemberEvent)
            );

        protected override void PostStop() => cluster.Unsubscribe(Self);

        protected override void OnReceive(object message)
        {
            if (message is WaiterGone)
            {
                Context
                    .GetLogger()
                    .Warning(
                        "[{EventName}] No node of the cluster has pipelines. Restarted nodes form a new cluster that this actor system does not belong to: restart it, too.",
                        ClusterEvents.NodesGone
                    );
                Context.System.EventStream.Publish(PipelineNodesGone.Instance);
                return;
            }
            if (message is not ClusterEvent.IMemberEvent { Member: var member })
                return;
            switch (message)
            {
                case ClusterEvent.MemberLeft or ClusterEvent.MemberExited:
                    leaves(member.Address);
                    break;
                case ClusterEvent.MemberDowned or ClusterEvent.MemberRemoved:
                    hasLeft(member.Address);
                    break;
            }
            if (role is null || member.HasRole(role))
                UpdateCount(member, message is ClusterEvent.MemberRemoved);
        }

        void UpdateCount(Member member, bool isRemoved)
        {
            if (!isRemoved)
            {
                nodes.Add(member.UniqueAddress);
                Timers.Cancel(WaiterGone.Instance);
            }
            else if (nodes.Remove(member.UniqueAddress) && nodes.Count == 0)
                Timers.StartSingleTimer(WaiterGone.Instance, WaiterGone.Instance, GoneAfter);
        }
    }
}
