using Akka.Event;
using Akka.Persistence;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Cluster.Placing;
using ConveyorActors.Persistence;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// Grants the budgets of sources to the pipelines of the cluster. One such actor works at a time.
/// <see cref="BudgetLedger"/> makes the decisions, and its changes are in the journal before a grant is sent.
/// </summary>
/// <remarks>
/// Two singletons may live for a while when the cluster is partitioned. The journal takes events of the one with the
/// higher epoch only. The older one cannot extend a grant either: a grant may be used only for a time after the last
/// event written (<see cref="BudgetTimes.Expiry"/>), and the newer one reserves for longer than that the room that old
/// grants may still use.
/// </remarks>
sealed class BudgetSingleton : UntypedPersistentActor, IWithTimers
{
    const int EventsPerSnapshot = 200;

    static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    readonly BudgetLedger ledger;
    readonly BudgetTimes times;
    readonly TimeSpan deleteAfter;
    readonly IActorRef region;
    readonly BudgetMetrics metrics;
    readonly TimeProvider clock;
    readonly IReadOnlyDictionary<string, int> budgets;
    readonly Dictionary<IActorRef, (long Number, long At)> agents = [];
    readonly Dictionary<BudgetKey, IActorRef> agentOf = [];
    readonly HashSet<string> exhausted = new(StringComparer.Ordinal);
    long zero,
        writtenAt,
        begunAt;
    int eventsSinceSnapshot;

    /// <param name="settings">The settings of the actor system.</param>
    /// <param name="region">Starts pipelines that have not reported for a long time.</param>
    /// <param name="metrics">The instruments that publish the granted records.</param>
    /// <param name="clock">The clock that the use of grants is measured by.</param>
    public BudgetSingleton(ConveyorSettings settings, IActorRef region, BudgetMetrics metrics, TimeProvider clock)
    {
        (this.region, this.metrics, this.clock, budgets) = (region, metrics, clock, settings.Cluster.SourceBudgets);
        times = new(settings.Cluster.GrantExpiry);
        deleteAfter = settings.Journal.DeleteAfter;
        ledger = new(
            budgets.ToDictionary(b => b.Key, b => (long)b.Value, StringComparer.Ordinal),
            (long)times.LongestUse.TotalMilliseconds
        );
        PersistenceId = GetPersistenceId(settings.Journal);
        JournalPluginId = settings.Journal.Plugin == JournalSettings.Auto ? "" : settings.Journal.Plugin;
        SnapshotPluginId =
            settings.Journal.SnapshotPlugin == JournalSettings.Auto ? "" : settings.Journal.SnapshotPlugin;
    }

    sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>The result of a look-up: whether the last event written is the journal's last one.</summary>
    sealed record LastChecked(bool IsLast, Action Then) : INoSerializationVerificationNeeded;

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Returns the persistence id of the budgets.</summary>
    public static string GetPersistenceId(JournalSettings settings) =>
        LosslessText.Escape(settings.ReservedPrefix + "budgets");

    public static Props Props(ConveyorSettings settings, IActorRef region, BudgetMetrics metrics, TimeProvider clock) =>
        Akka.Actor.Props.Create(() => new BudgetSingleton(settings, region, metrics, clock));

    long Now => (long)clock.GetElapsedTime(zero).TotalMilliseconds;

    protected override void PreStart()
    {
        base.PreStart();
        zero = clock.GetTimestamp();
    }

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: BudgetsSnapshot snapshot }:
                ledger.Recover(snapshot.Epoch, snapshot.Accounts);
                break;
            case BudgetsChanged changed:
                ledger.Recover(changed.Epoch, changed.Accounts);
                eventsSinceSnapshot++;
                break;
            case RecoveryCompleted:
                writtenAt = long.MinValue / 2; // no write is trusted before the journal was read
                ledger.Begin(Now);
                Write(HandleStarted);
                break;
        }
    }

    void HandleStarted()
    {
        begunAt = Now;
        ledger.RecordStart(begunAt);
        Timers.StartPeriodicTimer(
            Tick.Instance,
            Tick.Instance,
            TimeSpan.FromMilliseconds(Math.Clamp(times.Expiry.TotalMilliseconds / 10, 50, 1_000))
        );
        Context
            .GetLogger()
            .Info(
                "[{EventName}] Budgets of {Sources} sources are granted by this node from now on, in epoch {Epoch}; {Granted} records are granted or reserved.",
                ClusterEvents.BudgetsTaken,
                budgets.Count,
                ledger.Epoch,
                budgets.Keys.Sum(ledger.GetCharged)
            );
        Publish();
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case BudgetReport report:
                Take(report, Sender);
                break;
            case Tick:
                ledger.Expire(Now);
                WakeSilent();
                Settle(null);
                break;
            case SaveSnapshotSuccess saved when Now - begunAt > deleteAfter.TotalMilliseconds:
                DeleteMessages(saved.Metadata.SequenceNr);
                DeleteSnapshots(new(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotSuccess
            or SaveSnapshotFailure
            or DeleteMessagesSuccess
            or DeleteMessagesFailure
            or DeleteSnapshotsSuccess
            or DeleteSnapshotsFailure
            or Located:
                break; // the events are deleted after the next snapshot instead
            default:
                Unhandled(message);
                break;
        }
    }

    void Take(BudgetReport report, IActorRef agent)
    {
        var now = Now;
        if (agents.TryGetValue(agent, out var last) && report.Number <= last.Number)
            return; // this is an older singleton that was replaced
        agents[agent] = (report.Number, now);
        foreach (var need in report.Needs)
            if (ledger.Report(need, now))
                agentOf[need.Key] = agent;
        ledger.Expire(now);
        Settle(agent);
    }

    /// <summary>
    /// Writes the changes, and then sends the grants. Only the current singleton can write, so it also writes from time
    /// to time without changes.
    /// </summary>
    void Settle(IActorRef? reporter)
    {
        var mustProve = reporter is not null && Now - writtenAt > times.WriteInterval.TotalMilliseconds;
        if (!ledger.HasChanges && !mustProve)
        {
            if (reporter is not null || ledger.HasUnsent)
                SendGrants(reporter);
            return;
        }
        Write(() => SendGrants(reporter));
    }

    void Write(Action then)
    {
        var (before, sentAt) = (writtenAt, Now);
        Persist(
            new BudgetsChanged(ledger.Epoch, ledger.TakeChanges()),
            _ =>
            {
                // A write with a deleted sequence number succeeds even if another singleton had written that number;
                // but nothing is deleted soon after a start.
                if (Now - before < deleteAfter.TotalMilliseconds / 2)
                    HandleWritten(sentAt, then);
                else
                    CheckLast(() => HandleWritten(sentAt, then));
            }
        );
    }

    void CheckLast(Action then)
    {
        var last = LastSequenceNr;
        HighestSequenceNr
            .ReadAsync(Journal, PersistenceId, last, ReadTimeout)
            .PipeTo(Self, success: highest => new LastChecked(highest <= last, then));
        BecomeStacked(message =>
        {
            switch (message)
            {
                case LastChecked { IsLast: true } lastChecked:
                    UnbecomeStacked();
                    lastChecked.Then();
                    Stash.UnstashAll();
                    break;
                case LastChecked:
                    throw new JournalException($"'{PersistenceId}' has events of another singleton; this one ends.");
                case Status.Failure { Cause: var cause }:
                    throw new JournalException(
                        $"'{PersistenceId}' could not be read after a write: {Reasons.Describe(cause)}",
                        cause
                    );
                default:
                    Stash.Stash();
                    break;
            }
        });
    }

    void HandleWritten(long sentAt, Action then)
    {
        writtenAt = sentAt;
        then();
        if (++eventsSinceSnapshot < EventsPerSnapshot)
            return;
        eventsSinceSnapshot = 0;
        SaveSnapshot(new BudgetsSnapshot(ledger.Epoch, ledger.GetAllStates()));
    }

    void SendGrants(IActorRef? reporter)
    {
        // Decisions of the ledger that are not written yet are sent after the next write.
        var validUntil = writtenAt + (long)times.Expiry.TotalMilliseconds;
        var grants = new Dictionary<IActorRef, List<BudgetGrant>>();
        if (reporter is not null)
            grants[reporter] = [];
        foreach (var account in ledger.TakeUnsent())
        {
            if (!agentOf.TryGetValue(account.Key, out var agent))
                continue;
            if (!grants.TryGetValue(agent, out var its))
                grants[agent] = its = [];
            its.Add(ledger.CreateGrant(account, writtenAt + (long)times.LongestUse.TotalMilliseconds));
        }
        foreach (var (agent, its) in grants)
        {
            var (number, at) = agents[agent];
            agent.Tell(new BudgetReply(ledger.Epoch, number, validUntil - at, its), Self);
        }
        Publish();
    }

    void Publish()
    {
        foreach (var (source, budget) in budgets)
        {
            var (granted, waiting) = (ledger.GetCharged(source), ledger.CountWaiting(source));
            metrics.SetGranted(source, granted, waiting);
            if (waiting > 0 && granted >= budget ? !exhausted.Add(source) : !exhausted.Remove(source))
                continue;
            if (exhausted.Contains(source))
            {
                Context
                    .GetLogger()
                    .Info(
                        "[{EventName}] All {Budget} records of the budget of source '{Source}' are granted, and {Waiting} pipelines wait for more.",
                        ClusterEvents.BudgetExhausted,
                        budget,
                        source,
                        waiting
                    );
            }
            else
                Context
                    .GetLogger()
                    .Info(
                        "[{EventName}] No pipeline waits for the budget of source '{Source}'.",
                        ClusterEvents.BudgetAvailable,
                        source
                    );
        }
    }

    /// <summary>
    /// Wakes pipelines that have not reported. A pipeline that died with its node reports once it is open on another
    /// node; a message opens it if nothing else does.
    /// </summary>
    void WakeSilent()
    {
        var (now, longest) = (Now, (long)times.LongestUse.TotalMilliseconds);
        foreach (
            var pipeline in ledger
                .TakeSilent(now - longest, now)
                .Select(k => k.Pipeline)
                .Distinct(StringComparer.Ordinal)
        )
            region.Tell(new Locate(pipeline), Self);
        foreach (var (ended, _) in agents.Where(a => a.Value.At < now - 10 * longest).ToArray())
            agents.Remove(ended);
        foreach (var (key, _) in agentOf.Where(a => !agents.ContainsKey(a.Value)).ToArray())
            agentOf.Remove(key);
    }

    protected override void PostStop()
    {
        metrics.Stop();
        base.PostStop();
    }
}
