using Akka.Cluster;
using Akka.Event;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Cluster.Placing;
using ConveyorActors.Persistence;

namespace ConveyorActors.Cluster.Joining;

/// <summary>
/// Compares the journal and the settings of this node with those of the cluster before the node takes a pipeline. A
/// node that differs leaves the cluster, and its actor system ends.
/// </summary>
/// <remarks>
/// The settings of the oldest node with pipelines are decisive. Every other node asks for them, and replies to other
/// nodes only when it has agreed itself: so of two nodes that join at the same time, one with wrong settings does not
/// refuse the other.
/// </remarks>
sealed class SettingsGuard : UntypedActor, IWithTimers
{
    const string Name = "conveyor-settings";

    const int MaxWaiting = 1_000;

    /// <summary>
    /// How often a node must reply that it has no such actor until it counts as a node without buffers, or of an
    /// earlier version. Its buffers may still be starting.
    /// </summary>
    const int NoActor = 6;

    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a node that differs waits until it is up, because a node that leaves while it joins can be mistaken for
    /// a node that has died.
    /// </summary>
    static readonly TimeSpan MaxJoining = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the oldest node with pipelines waits for replies of nodes without: by their settings they may have
    /// pipelines too, and the role of this node may be wrong. They may also be programs that wait for this node.
    /// </summary>
    static readonly TimeSpan MaxAsking = TimeSpan.FromSeconds(5);

    readonly Akka.Cluster.Cluster cluster;
    readonly string? role;
    readonly SharedSettings own;
    readonly Task<Guid?> journal;
    readonly TaskCompletionSource<bool> agreed;
    readonly bool keepsRecords;
    readonly Queue<IActorRef> waiting = new();
    readonly Dictionary<string, int> withoutActor = new(StringComparer.Ordinal);
    bool isKnown,
        isLeaving;
    string? difference;
    long differsSince;
    long? oldestSince;

    /// <param name="cluster">The cluster.</param>
    /// <param name="role">The role of nodes with pipelines; null: all have them.</param>
    /// <param name="own">The settings of this node.</param>
    /// <param name="journal">
    /// The identity of this node's journal; its result is null if the node needs no journal.
    /// </param>
    /// <param name="keepsRecords">Whether pipelines keep their records by the settings of this node.</param>
    /// <param name="agreed">
    /// Completed when this node has the settings of the cluster, with whether its pipelines keep their records.
    /// </param>
    public SettingsGuard(
        Akka.Cluster.Cluster cluster,
        string? role,
        SharedSettings own,
        Task<Guid?> journal,
        bool keepsRecords,
        TaskCompletionSource<bool> agreed
    )
    {
        (this.cluster, this.role, this.own) = (cluster, role, own);
        (this.journal, this.keepsRecords, this.agreed) = (journal, keepsRecords, agreed);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    sealed record CheckSettings : INoSerializationVerificationNeeded
    {
        public static CheckSettings Instance { get; } = new();
    }

    sealed record Known(Guid? Journal) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Starts the comparison. The returned task completes when this node has the settings of the cluster, and never if
    /// it has others. Its result is whether the pipelines of the cluster keep their records: a program without pipelines
    /// learns it from the nodes.
    /// </summary>
    public static Task<bool> Start(ExtendedActorSystem system, ConveyorSettings settings, bool hasPipelines)
    {
        var agreed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var journal =
            hasPipelines && settings.KeepsRecords
                ? ReadJournalIdAsync(system, settings.Journal)
                : Task.FromResult<Guid?>(null);
        var (cluster, own) = (Akka.Cluster.Cluster.Get(system), new SharedSettings(settings, hasPipelines));
        system.SystemActorOf(
            Props.Create(() =>
                new SettingsGuard(cluster, settings.Cluster.Role, own, journal, settings.KeepsRecords, agreed)
            ),
            Name
        );
        ClusterAgreement.Set(system, agreed.Task);
        return agreed.Task;
    }

    static async Task<Guid?> ReadJournalIdAsync(ExtendedActorSystem system, JournalSettings settings)
    {
        // Disposed when the actor system has ended, because it is cancelled then, long after the identity was read.
        var ended = new CancellationTokenSource();
        _ = system.WhenTerminated.ContinueWith(
            _ =>
            {
                ended.Cancel();
                ended.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return await JournalIdentity.ReadAsync(system, settings, ended.Token).ConfigureAwait(false);
    }

    protected override void PreStart()
    {
        cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IMemberEvent)
        );
        journal.PipeTo(Self, success: identity => new Known(identity));
        Timers.StartPeriodicTimer(CheckSettings.Instance, CheckSettings.Instance, Interval);
    }

    protected override void PostStop() => cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Known known:
                isKnown = true;
                if (known.Journal is { } identity)
                    own.SetJournal(identity);
                Compare();
                break;
            case CheckSettings or ClusterEvent.IMemberEvent:
                Compare();
                break;
            case ActorIdentity { MessageId: string node, Subject: null }:
                withoutActor[node] = withoutActor.GetValueOrDefault(node) + 1;
                break;
            case ActorIdentity { Subject: { } guard }:
                guard.Tell(GetSettings.Instance, Self);
                break;
            case GetSettings when agreed.Task.IsCompleted:
                Reply(Sender);
                break;
            case GetSettings:
                if (waiting.Count < MaxWaiting)
                    waiting.Enqueue(Sender);
                break;
            case SettingsReply reply when !IsDecided:
                Take(reply.Values, Sender.Path.Address);
                break;
            case SettingsReply or ActorIdentity or Status.Failure:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    bool IsDecided => difference is not null || agreed.Task.IsCompleted;

    bool HasPipelines(Member member) => role is null || member.HasRole(role);

    void Compare()
    {
        if (difference is not null)
            LeaveIfUp();
        if (IsDecided || !isKnown)
            return;
        var self = cluster.SelfMember;
        var others = cluster
            .State.Members.Where(m =>
                m.UniqueAddress != self.UniqueAddress && m.Status is MemberStatus.Up or MemberStatus.Leaving
            )
            .ToList();
        var withPipelines = others.Where(HasPipelines).ToList();
        var isOldest =
            self.Status == MemberStatus.Up && HasPipelines(self) && !withPipelines.Exists(m => m.IsOlderThan(self));
        if (
            isOldest && HasAsked(others.Except(withPipelines))
            || withPipelines.Count > 0 && withPipelines.TrueForAll(HasNoActor)
        )
        {
            Agree(keepsRecords);
            return;
        }
        foreach (var other in others)
            Context.ActorSelection($"{other.Address}/system/{Name}").Tell(new Identify(GetId(other)), Self);
    }

    /// <summary>Returns whether the oldest node with pipelines need not wait for other nodes any longer.</summary>
    bool HasAsked(IEnumerable<Member> withoutPipelines)
    {
        oldestSince ??= TimeProvider.System.GetTimestamp();
        return withoutPipelines.All(HasNoActor) || TimeProvider.System.GetElapsedTime(oldestSince.Value) >= MaxAsking;
    }

    bool HasNoActor(Member member) => withoutActor.GetValueOrDefault(GetId(member)) >= NoActor;

    static string GetId(Member member) => $"{member.Address}#{member.UniqueAddress.Uid}";

    void Take(IReadOnlyDictionary<string, string> values, Address node)
    {
        if (own.DescribeDifferences(values, node) is { } differs)
        {
            (difference, differsSince) = (differs, TimeProvider.System.GetTimestamp());
            LeaveIfUp();
        }
        else if (cluster.State.Members.FirstOrDefault(m => m.Address == node) is { } member && HasPipelines(member))
            Agree(SharedSettings.FindKeepsRecords(values) ?? keepsRecords);
    }

    void Agree(bool pipelinesKeepRecords)
    {
        agreed.TrySetResult(pipelinesKeepRecords);
        while (waiting.TryDequeue(out var replyTo))
            Reply(replyTo);
        Timers.Cancel(CheckSettings.Instance);
        withoutActor.Clear();
    }

    void Reply(IActorRef replyTo) =>
        replyTo.Tell(new SettingsReply(new Dictionary<string, string>(own.Values, StringComparer.Ordinal)), Self);

    void LeaveIfUp()
    {
        if (
            isLeaving
            || cluster.SelfMember.Status != MemberStatus.Up
                && TimeProvider.System.GetElapsedTime(differsSince) < MaxJoining
        )
            return;
        isLeaving = true;
        Timers.Cancel(CheckSettings.Instance);
        Context
            .GetLogger()
            .Error(
                "[{EventName}] This node leaves the cluster: {Difference}.",
                ClusterEvents.SettingsDiffer,
                difference
            );
        _ = CoordinatedShutdown.Get(Context.System).Run(new SettingsDifferReason(difference!));
    }
}
