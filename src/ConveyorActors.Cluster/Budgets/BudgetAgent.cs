using Akka.Event;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// Represents the pipelines of one node in budget matters: reports to the singleton what they hold and need, passes its
/// grants on to their engines, and gives back room that they do not use.
/// </summary>
sealed class BudgetAgent : UntypedActor, IWithTimers
{
    const int TickMs = 50,
        TicksUntilIdle = 20,
        MaxReportsKept = 64;

    // ReportAgainAfter: a report without a reply counts as lost after this time. Slice: a pipeline may use a new grant
    // for this time, however small its share is.
    static readonly TimeSpan ReportAgainAfter = TimeSpan.FromMilliseconds(500),
        Slice = TimeSpan.FromMilliseconds(100);

    readonly IActorRef singleton;
    readonly BudgetTimes times;
    readonly TimeProvider clock;
    readonly IReadOnlyDictionary<string, int> budgets;
    readonly Dictionary<(BudgetKey Key, long Epoch), OpenGrant> open = [];
    readonly Dictionary<(BudgetKey Key, long Epoch), Closing> closing = [];
    readonly HashSet<OpenGrant> dirty = [];
    readonly Dictionary<long, long> sentAt = [];
    long number,
        reportedAt,
        lastSentAt,
        lastEpoch;
    int ticks;
    bool isSilent,
        isUnderWay;

    sealed record Closing(BudgetNeed Need)
    {
        /// <summary>Gets or sets the number of the first report that contained it; 0: none.</summary>
        public long SentIn { get; set; }
    }

    /// <param name="singleton">The proxy of the singleton.</param>
    /// <param name="engines">The pipelines of this node.</param>
    /// <param name="times">The times of the budgets.</param>
    /// <param name="metrics">The instruments that publish the held records.</param>
    public BudgetAgent(IActorRef singleton, SourceBudgets engines, BudgetTimes times, BudgetMetrics metrics)
    {
        (this.singleton, this.times, clock, budgets) = (singleton, times, engines.Clock, engines.Budgets);
        reportedAt = clock.GetTimestamp();
        metrics.Held = CountHeld;
    }

    /// <summary>A copy of the grants for readers on other threads.</summary>
    volatile OpenGrant[] shown = [];

    sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    sealed record Flushed((BudgetKey Key, long Epoch) Id, long Version, long Bound, bool IsWritten)
        : INoSerializationVerificationNeeded;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef singleton, SourceBudgets engines, BudgetTimes times, BudgetMetrics metrics) =>
        Akka.Actor.Props.Create(() => new BudgetAgent(singleton, engines, times, metrics));

    protected override void PreStart() =>
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TimeSpan.FromMilliseconds(TickMs));

    protected override void OnReceive(object message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception failure)
        {
            // A restart would lose the state of the pipelines; the next check corrects what this message left undone.
            Context.GetLogger().Error(failure, "{Message} of the budgets failed.", message.GetType().Name);
        }
    }

    void Handle(object message)
    {
        switch (message)
        {
            case SourceBudgets.PipelineOpened m:
                Open(m);
                break;
            case SourceBudgets.RoomNeeded m
                when open.TryGetValue((new(m.Pipeline, m.Source), m.Epoch), out var granted):
                dirty.Add(granted);
                if (MustLower(granted))
                    GiveBack(granted, granted.State.Target);
                Report();
                break;
            case SourceBudgets.RoomNeeded:
                break;
            case SourceBudgets.PipelineClosed m:
                Close(m);
                break;
            case BudgetReply reply:
                Take(reply);
                break;
            case Flushed flushed:
                HandleFlushed(flushed);
                break;
            case Tick:
                Check();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    long CountHeld(string source) =>
        shown.Where(g => g.Source == source).Sum(g => g.Manager.Parts.Allowances.CountHeld(source));

    void Open(SourceBudgets.PipelineOpened m)
    {
        foreach (var (source, allowance) in m.Allowances)
        {
            var key = new BudgetKey(m.Pipeline, source);
            var granted = new OpenGrant(
                new(key, m.Epoch, m.Held.GetValueOrDefault(source)),
                m.Manager,
                allowance,
                Math.Max(1, budgets[source] / 16)
            );
            open[(key, m.Epoch)] = granted;
            // The recovered records are held. Results of hops among them may continue, and no new record is admitted
            // before the singleton has replied.
            m.Manager.Parts.Allowances.Allow(
                source,
                new(granted.State.Bound, 0, 0, 0),
                isExhausted: false,
                granted.Chunk / 2
            );
            dirty.Add(granted);
        }
        shown = [.. open.Values];
        Report();
    }

    void Close(SourceBudgets.PipelineClosed m)
    {
        foreach (
            var (id, granted) in open.Where(o => o.Key.Key.Pipeline == m.Pipeline && o.Key.Epoch == m.Epoch).ToArray()
        )
        {
            open.Remove(id);
            dirty.Remove(granted);
            // Records whose removal is not written may exist again in the next incarnation, which reports them.
            if (m.Held is { } held)
                closing[id] = new(granted.State.Close(held.GetValueOrDefault(id.Key.Source)));
        }
        shown = [.. open.Values];
        Report();
    }

    void Take(BudgetReply reply)
    {
        if (reply.Epoch < lastEpoch || !sentAt.TryGetValue(reply.Number, out var sent))
            return; // the reply of an old singleton, or a late one
        lastEpoch = reply.Epoch;
        isSilent = false;
        foreach (var old in sentAt.Keys.Where(n => n < reply.Number).ToArray())
            sentAt.Remove(old);
        foreach (var (id, _) in closing.Where(c => c.Value.SentIn != 0 && c.Value.SentIn <= reply.Number).ToArray())
            closing.Remove(id);
        var until = sent + (long)(reply.ValidMs / 1000.0 * clock.TimestampFrequency);
        foreach (var grant in reply.Grants)
        {
            if (!open.TryGetValue((grant.Key, grant.Epoch), out var granted))
                continue;
            var before = granted.State.Bound;
            granted.State.Take(grant);
            if (granted.State.Bound > before)
                granted.SliceUntil = clock.GetTimestamp() + (long)(Slice.TotalSeconds * clock.TimestampFrequency);
            granted.UsableUntil = Math.Max(granted.UsableUntil, until);
            Apply(granted);
            if (MustLower(granted))
                GiveBack(granted, granted.State.Target);
        }
        if (reply.Number == number)
            isUnderWay = false;
        Report(); // reports the pipelines that have needed more since
    }

    bool MustLower(OpenGrant granted) =>
        granted.State.Target < granted.State.Bound && clock.GetTimestamp() >= granted.SliceUntil;

    void Apply(OpenGrant granted)
    {
        var state = granted.State;
        var admitted =
            IsExpired(granted) ? 0
            : MustLower(granted) ? state.Target
            : state.Bound;
        var terms = new AllowanceTerms(state.Bound, admitted, state.Free, state.Budget);
        granted.Manager.Parts.Allowances.Allow(
            granted.Source,
            terms,
            state.IsWaiting || state.Target != long.MaxValue,
            granted.Chunk / 2,
            granted.UsableUntil
        );
    }

    bool IsExpired(OpenGrant granted) => clock.GetTimestamp() >= granted.UsableUntil;

    /// <summary>
    /// Stops the use of unused room above a bound. The singleton is notified once the journal has everything that was
    /// settled before.
    /// </summary>
    void GiveBack(OpenGrant granted, long bound)
    {
        granted.State.LowerBound(granted.Manager.Parts.Allowances.LowerAllowance(granted.Source, bound).Granted);
        WriteIfNeeded(granted);
    }

    void WriteIfNeeded(OpenGrant granted)
    {
        if (!granted.State.MustWrite || granted.IsWriting)
            return;
        granted.IsWriting = true;
        var (id, version, bound) = (
            (granted.State.Key, granted.State.Epoch),
            granted.State.Version,
            granted.State.Bound
        );
        granted
            .Manager.FlushAsync()
            .PipeTo(
                Self,
                success: isWritten => new Flushed(id, version, bound, isWritten),
                failure: _ => new Flushed(id, version, bound, false)
            );
    }

    void HandleFlushed(Flushed flushed)
    {
        if (!open.TryGetValue(flushed.Id, out var granted))
            return;
        granted.IsWriting = false;
        if (!flushed.IsWritten)
            return; // the journal fails; the next check tries again
        granted.State.RecordWritten(flushed.Version, flushed.Bound);
        dirty.Add(granted);
        WriteIfNeeded(granted);
        Report();
    }

    void Check()
    {
        ticks++;
        var expired = 0;
        foreach (var granted in open.Values)
        {
            var state = granted.State;
            WriteIfNeeded(granted);
            if (granted.UsableUntil != 0 && state.Bound > 0 && IsExpired(granted))
            {
                expired++;
                GiveBack(granted, 0);
            }
            else if (MustLower(granted))
                GiveBack(granted, state.Target);
            else if (ticks % TicksUntilIdle == 0)
                GiveBackUnused(granted);
        }
        if (expired > 0 && !isSilent)
        {
            isSilent = true;
            Context
                .GetLogger()
                .Warning(
                    "[{EventName}] The singleton has not replied for {Expiry}: {Count} grants have expired, and their sources accept nothing on this node until it replies.",
                    ClusterEvents.GrantsExpired,
                    times.Expiry,
                    expired
                );
        }
        if (clock.GetElapsedTime(reportedAt) >= times.ReportInterval)
            ReportAll();
        else if (dirty.Count > 0 || closing.Values.Any(c => c.SentIn == 0))
            Report();
    }

    void GiveBackUnused(OpenGrant granted)
    {
        var (_, wasUsed) = UpdateNeeds(granted);
        granted.IdleTicks = wasUsed ? 0 : granted.IdleTicks + 1;
        var unused = granted.State.Bound - granted.Manager.Parts.Allowances.CountHeld(granted.Source);
        if (unused <= 0)
            return;
        if (granted.IdleTicks >= 2)
            GiveBack(granted, 0);
        else if (unused > 2 * granted.Chunk)
            GiveBack(granted, granted.State.Bound - unused + granted.Chunk);
        else
            return;
        Apply(granted);
    }

    /// <summary>
    /// Computes the total that a pipeline could use. Returns whether that is more than it has, and whether the source
    /// was used since the last call.
    /// </summary>
    static (bool WantsMore, bool WasUsed) UpdateNeeds(OpenGrant granted)
    {
        var (needed, wasUsed) = granted.Allowance.TakeNeeds();
        granted.WasUsed |= wasUsed;
        var isWaitedFor = granted.Manager.Parts.Allowances.IsRoomWaitedFor(granted.Source);
        var held = granted.Manager.Parts.Allowances.CountHeld(granted.Source);
        var isShort =
            needed > 0 || isWaitedFor || wasUsed && granted.State.Bound - held < Math.Max(1, granted.Chunk / 2);
        // The pipeline's own limit of the source is usually lower than the budget.
        var most = Math.Max(granted.Manager.Settings.MaxPerSource, held);
        var wants = granted.State.SetDesired(
            isShort ? Math.Min(most, held + Math.Max(needed, isWaitedFor ? 1 : 0) + granted.Chunk)
            : granted.State.IsWaiting && granted.WasUsed ? granted.State.Desired
            : 0
        );
        return (wants, wasUsed);
    }

    void Report()
    {
        // One report at a time: changes made meanwhile are in the next one.
        if (isUnderWay && clock.GetElapsedTime(lastSentAt) < ReportAgainAfter)
            return;
        foreach (var granted in dirty)
            UpdateNeeds(granted);
        Send([.. dirty]);
    }

    void ReportAll()
    {
        foreach (var granted in open.Values)
        {
            UpdateNeeds(granted);
            granted.WasUsed = false;
        }
        foreach (var one in closing.Values)
            one.SentIn = 0; // included again, until there is a reply
        reportedAt = clock.GetTimestamp();
        Send([.. open.Values.Where(g => g.State.IsInUse || dirty.Contains(g))]);
    }

    void Send(OpenGrant[] reported)
    {
        if (reported.Length == 0 && closing.Values.All(c => c.SentIn != 0))
            return;
        var needs = new List<BudgetNeed>(reported.Length);
        foreach (var granted in reported)
        {
            dirty.Remove(granted);
            var need = granted.State.CreateNeed();
            needs.Add(need);
        }
        number++;
        foreach (var one in closing.Values.Where(c => c.SentIn == 0))
        {
            one.SentIn = number;
            needs.Add(one.Need);
        }
        if (sentAt.Count >= MaxReportsKept)
            sentAt.Remove(sentAt.Keys.Min());
        sentAt[number] = lastSentAt = clock.GetTimestamp();
        isUnderWay = true;
        singleton.Tell(new BudgetReport(number, needs), Self);
    }
}
