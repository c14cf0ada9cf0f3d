using Akka.Event;

namespace ConveyorActors.Actors.Observing;

/// <summary>
/// Logs what changed in the ledgers of pipelines from one look to the next: one entry for each stage and event, however
/// many records.
/// </summary>
/// <remarks>Used by one actor at a time; outlives its restarts.</remarks>
sealed class PipelineLog(TimeProvider clock)
{
    readonly Dictionary<(string Pipeline, string Stage), Seen> seen = [];

    sealed class Seen(TimeProvider clock)
    {
        public LogLimiter Full { get; } = new(LogLimiter.Minute, clock);

        public long DeadLettered { get; set; }

        public long Discarded { get; set; }

        public long Refused { get; set; }

        public long Dropped { get; set; }

        public long Expired { get; set; }

        public bool IsThere { get; set; }
    }

    public void Look(IReadOnlyList<PipelineSnapshot> pipelines, ILoggingAdapter log)
    {
        foreach (var (_, known) in seen)
            known.IsThere = false;
        foreach (var pipeline in pipelines)
        foreach (var stage in pipeline.Stages)
            Look(pipeline.Pipeline, stage, log);
        foreach (var (key, known) in seen.ToArray())
            if (!known.IsThere)
                seen.Remove(key);
    }

    void Look(string pipeline, StageSnapshot stage, ILoggingAdapter log)
    {
        if (!seen.TryGetValue((pipeline, stage.Stage), out var known))
            seen[(pipeline, stage.Stage)] = known = new(clock);
        known.IsThere = true;
        var level = stage.Level;
        if (Grown(level.DeadLettered, known.DeadLettered) is > 0 and var dead)
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
        if (Grown(stage.DeadLettersDiscarded, known.Discarded) is > 0 and var discarded)
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
        if (Grown(level.Refused, known.Refused) is > 0 and var refused && known.Full.Count(refused, out var refusals))
        {
            log.Warning(
                "[{EventName}] Stage '{Stage}' in pipeline '{Pipeline}' refused {Records} records since it was last logged; {Pending} of {Limit} are pending.",
                ConveyorEvents.StageFull,
                stage.Stage,
                pipeline,
                refusals,
                level.Pending,
                level.Limit
            );
        }
        if (Grown(level.Dropped, known.Dropped) is > 0 and var dropped)
        {
            log.Info(
                "[{EventName}] Stage '{Stage}' in pipeline '{Pipeline}' dropped {Records} records, as it is to when it is full.",
                ConveyorEvents.RecordsDropped,
                stage.Stage,
                pipeline,
                dropped
            );
        }
        if (Grown(level.Expired, known.Expired) is > 0 and var expired)
        {
            log.Info(
                "[{EventName}] {Records} records of stage '{Stage}' in pipeline '{Pipeline}' outlived their time to live.",
                ConveyorEvents.RecordsExpired,
                expired,
                stage.Stage,
                pipeline
            );
        }
        (known.DeadLettered, known.Discarded, known.Refused) = (
            level.DeadLettered,
            stage.DeadLettersDiscarded,
            level.Refused
        );
        (known.Dropped, known.Expired) = (level.Dropped, level.Expired);
    }

    // A stage that was removed while it was idle starts at zero again.
    static long Grown(long now, long before) => now >= before ? now - before : now;
}
