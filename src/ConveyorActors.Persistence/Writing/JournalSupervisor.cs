using Akka.Event;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// Supervises the actor that writes a pipeline's journal. After a failure it starts another one, with a delay, as long
/// as this incarnation has the pipeline; and it detects a journal that does not reply.
/// </summary>
sealed class JournalSupervisor : UntypedActor, IWithTimers
{
    readonly JournalStore store;
    readonly JournalSettings settings;
    readonly Props writer;
    IActorRef? child;
    PipelineJournal.Failed? failed;
    readonly OutageLog outage = new(TimeProvider.System);
    int lastTimes;
    bool isClosing;

    /// <param name="store">The store whose units are written.</param>
    /// <param name="settings">The settings of the journal.</param>
    /// <param name="writer">The props of the actor that writes.</param>
    public JournalSupervisor(JournalStore store, JournalSettings settings, Props writer) =>
        (this.store, this.settings, this.writer) = (store, settings, writer);

    public static Props Props(JournalStore store, JournalSettings settings, Props writer) =>
        Akka.Actor.Props.Create(() => new JournalSupervisor(store, settings, writer));

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    sealed record Start : INoSerializationVerificationNeeded
    {
        public static Start Instance { get; } = new();
    }

    sealed record CheckSlow : INoSerializationVerificationNeeded
    {
        public static CheckSlow Instance { get; } = new();
    }

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(CheckSlow.Instance, CheckSlow.Instance, settings.RefuseAfter / 2);
        StartWriter();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Start:
                StartWriter();
                break;
            case CheckSlow:
                store.CheckSlow(settings.RefuseAfter);
                break;
            case PipelineJournal.Failed reported:
                failed = reported;
                break;
            case PipelineJournal.Close:
                isClosing = true;
                // While the journal fails, nothing more can be written, and the calls that waited for a write have
                // failed.
                if (child is null || store.IsFailing)
                    Context.Stop(Self);
                else
                    child.Tell(message, Self);
                break;
            case Terminated:
                HandleWriterEnd();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    void StartWriter()
    {
        failed = null;
        child = Context.Watch(Context.ActorOf(writer));
    }

    void HandleWriterEnd()
    {
        child = null;
        if (isClosing || store.IsLost)
        {
            Context.Stop(Self);
            return;
        }
        var times = store.Pause(failed?.Reason ?? "the journal's actor ended", failed?.CanRead ?? false);
        if (store.Failure is { } reason && IsNews(reason, times))
            Context
                .GetLogger()
                .Warning(
                    "[{EventName}] Pipeline '{Pipeline}' refuses offers: {Reason}. The journal is tried again.",
                    JournalEvents.JournalFailing,
                    store.Pipeline,
                    reason.TrimEnd('.')
                );
        Timers.StartSingleTimer(Start.Instance, Start.Instance, Wait(times));
    }

    /// <summary>Returns whether a failure should be logged.</summary>
    /// <param name="reason">The reason of the failure.</param>
    /// <param name="times">The number of failures since the journal could last be written.</param>
    bool IsNews(string reason, int times)
    {
        if (times <= lastTimes)
            outage.Begin();
        lastTimes = times;
        return outage.IsNews(reason);
    }

    TimeSpan Wait(int times)
    {
        var backoff = settings.Retry;
        var wait = Math.Min(
            backoff.Max.TotalMilliseconds,
            backoff.First.TotalMilliseconds * Math.Pow(backoff.Factor, Math.Min(times, 60) - 1)
        );
        return TimeSpan.FromMilliseconds(
            Math.Min(wait * (1 - backoff.Jitter * Random.Shared.NextDouble()), int.MaxValue / 2)
        );
    }

    protected override void PostStop() => store.Fail(store.Failure ?? $"pipeline '{store.Pipeline}' is closed");

    protected override SupervisorStrategy SupervisorStrategy() =>
        new OneForOneStrategy(exception =>
        {
            failed = new($"the journal's actor failed: {Reasons.Describe(exception)}", CanRead: false);
            return Directive.Stop;
        });
}
