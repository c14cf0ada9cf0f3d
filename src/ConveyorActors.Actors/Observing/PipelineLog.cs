using Akka.Event;

namespace ConveyorActors.Actors.Observing;

/// <summary>
/// Logs the changes in pipelines' counters from one check to the next: one entry for each stage and event, for any
/// number of records.
/// </summary>
/// <remarks>Used by one actor at a time; outlives its restarts.</remarks>
sealed class PipelineLog(TimeProvider clock)
{
    static readonly LossReason[] Refusals =
    [
        .. Enum.GetValues<LossReason>().Where(r => r is >= LossReason.StageFull and <= LossReason.BudgetFull),
    ];

    readonly Dictionary<(string Pipeline, string Stage), Seen> seen = [];
    readonly Dictionary<string, PipelineSnapshot?> openings = new(StringComparer.Ordinal);

    /// <summary>The counters of a stage at the last check.</summary>
    sealed class Seen(TimeProvider clock)
    {
        public LogLimiter Full { get; } = new(LogLimiter.Minute, clock);

        public long[] Refusals { get; set; } = new long[PipelineLog.Refusals.Length];

        public long DeadLettered { get; set; }

        public long Discarded { get; set; }

        public long Refused { get; set; }

        public long Dropped { get; set; }

        public long Expired { get; set; }

        public bool IsThere { get; set; }

        public void Set(StageSnapshot stage)
        {
            (DeadLettered, Discarded) = (stage.Level.DeadLettered, stage.DeadLettersDiscarded);
            (Refused, Dropped, Expired) = (stage.Level.Refused, stage.Level.Dropped, stage.Level.Expired);
        }
    }

    public void Check(IReadOnlyList<SeenPipeline> pipelines, ILoggingAdapter log)
    {
        foreach (var (_, known) in seen)
            known.IsThere = false;
        foreach (var (pipeline, opening) in pipelines)
        {
            if (opening is not null && !ReferenceEquals(openings.GetValueOrDefault(pipeline.Pipeline), opening))
                Begin(opening);
            openings[pipeline.Pipeline] = opening;
            foreach (var stage in pipeline.Stages)
                Check(pipeline, stage, log);
        }
        foreach (var (key, known) in seen.ToArray())
            if (!known.IsThere)
                seen.Remove(key);
        foreach (var name in openings.Keys.Except(pipelines.Select(p => p.Now.Pipeline)).ToArray())
            openings.Remove(name);
    }

    /// <summary>
    /// Sets the counters to their values when the pipeline was opened here. Earlier events were logged when they
    /// happened, perhaps by another process.
    /// </summary>
    void Begin(PipelineSnapshot opening)
    {
        foreach (var stage in opening.Stages)
        {
            var known = GetOrAddSeen(opening.Pipeline, stage.Stage);
            known.Set(stage);
            known.Refusals = CountRefusals(opening, stage.Stage);
        }
    }

    Seen GetOrAddSeen(string pipeline, string stage) =>
        seen.TryGetValue((pipeline, stage), out var known) ? known : seen[(pipeline, stage)] = new(clock);

    static long[] CountRefusals(PipelineSnapshot pipeline, string stage) =>
        [.. Refusals.Select(r => pipeline.Losses.Where(l => l.Reason == r && l.Stage == stage).Sum(l => l.Count))];

    void Check(PipelineSnapshot snapshot, StageSnapshot stage, ILoggingAdapter log)
    {
        var (pipeline, known) = (snapshot.Pipeline, GetOrAddSeen(snapshot.Pipeline, stage.Stage));
        known.IsThere = true;
        LogDeadLetters(pipeline, stage, known, log);
        LogRefusals(snapshot, stage, known, log);
        LogFullModeEffects(pipeline, stage, known, log);
        known.Set(stage);
    }

    static void LogDeadLetters(string pipeline, StageSnapshot stage, Seen known, ILoggingAdapter log)
    {
        if (GetGrowth(stage.Level.DeadLettered, known.DeadLettered) is > 0 and var dead)
        {
            log.Warning(
                "[{EventName}] {Records} records of stage '{Stage}' in pipeline '{Pipeline}' became dead letters; {DeadLetters} are kept.",
                ConveyorEvents.RecordsDeadLettered,
                dead,
                stage.Stage,
                pipeline,
                stage.DeadLetters
            );
        }
        if (GetGrowth(stage.DeadLettersDiscarded, known.Discarded) is > 0 and var discarded)
        {
            log.Warning(
                "[{EventName}] {Records} dead letters of stage '{Stage}' in pipeline '{Pipeline}' were purged or gave way to newer ones; {DeadLetters} are kept.",
                ConveyorEvents.DeadLettersDiscarded,
                discarded,
                stage.Stage,
                pipeline,
                stage.DeadLetters
            );
        }
    }

    static void LogRefusals(PipelineSnapshot snapshot, StageSnapshot stage, Seen known, ILoggingAdapter log)
    {
        if (
            GetGrowth(stage.Level.Refused, known.Refused) is > 0 and var refused
            && known.Full.TryLog(refused, out var refusals)
        )
        {
            var refusalsNow = CountRefusals(snapshot, stage.Stage);
            log.Warning(
                "[{EventName}] Stage '{Stage}' in pipeline '{Pipeline}' refused {Records} records since it was last logged ({Reasons}); {Pending} are pending.",
                ConveyorEvents.RecordsRefused,
                stage.Stage,
                snapshot.Pipeline,
                refusals,
                string.Join(
                    ", ",
                    Refusals.Where((_, i) => GetGrowth(refusalsNow[i], known.Refusals[i]) > 0).Select(r => r.ToString())
                ),
                stage.Level.Pending
            );
            known.Refusals = refusalsNow;
        }
    }

    static void LogFullModeEffects(string pipeline, StageSnapshot stage, Seen known, ILoggingAdapter log)
    {
        if (GetGrowth(stage.Level.Dropped, known.Dropped) is > 0 and var dropped)
        {
            log.Info(
                "[{EventName}] Stage '{Stage}' in pipeline '{Pipeline}' dropped {Records} records, as its full mode says.",
                ConveyorEvents.RecordsDropped,
                stage.Stage,
                pipeline,
                dropped
            );
        }
        if (GetGrowth(stage.Level.Expired, known.Expired) is > 0 and var expired)
        {
            log.Info(
                "[{EventName}] {Records} records of stage '{Stage}' in pipeline '{Pipeline}' outlived their time to live.",
                ConveyorEvents.RecordsExpired,
                expired,
                stage.Stage,
                pipeline
            );
        }
    }

    // The counters of a stage that was removed while idle start at zero again.
    static long GetGrowth(long now, long before) => now >= before ? now - before : now;
}
