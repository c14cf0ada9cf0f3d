using Akka.Event;
using ConveyorActors.Actors.Observing;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>Checks the counters of all pipelines periodically, and logs the events since the last check.</summary>
sealed class EventActor(PipelineDirectory directory, PipelineLog pipelines, TimeSpan period) : UntypedActor, IWithTimers
{
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(PipelineDirectory directory, PipelineLog pipelines, TimeSpan period) =>
        Akka.Actor.Props.Create(() => new EventActor(directory, pipelines, period));

    /// <summary>Sent by a timer to start a check.</summary>
    public sealed record Check : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Check Instance { get; } = new();
    }

    /// <summary>Stops the actor.</summary>
    public sealed record Finish : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Finish Instance { get; } = new();
    }

    sealed record Seen(IReadOnlyList<SeenPipeline> Pipelines)
        : INoSerializationVerificationNeeded,
            IDeadLetterSuppression;

    // Also after a restart, because the timers ended with the last incarnation.
    protected override void PreStart() => ScheduleCheck();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Check:
                _ = ReadSnapshotsAsync(directory).PipeTo(Self, success: s => new Seen(s));
                break;
            case Seen m:
                pipelines.Check(m.Pipelines, Context.GetLogger());
                ScheduleCheck();
                break;
            case Finish:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    void ScheduleCheck() => Timers.StartSingleTimer(Check.Instance, Check.Instance, period);

    static async Task<IReadOnlyList<SeenPipeline>> ReadSnapshotsAsync(PipelineDirectory directory)
    {
        List<SeenPipeline> seen = [];
        foreach (var (pipeline, buffers) in directory.Buffers)
        {
            try
            {
                var snapshot = await buffers.GetSnapshotAsync(pipeline).ConfigureAwait(false);
                seen.Add(new(snapshot, directory.Storage?.GetNumbersAtOpening(pipeline)));
            }
            catch (Exception)
            {
                // An engine that fails is reported by its own calls; the other engines are still logged.
            }
        }
        return seen;
    }
}
