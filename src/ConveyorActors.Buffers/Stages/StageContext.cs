using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>What all parts of a stage are given: its name, its settings, and whom it tells.</summary>
/// <remarks>Guarded by the stage's lock, but for the names and <see cref="DateOf"/>, which any thread may use.</remarks>
/// <param name="pipelineId">The pipeline that the stage belongs to.</param>
/// <param name="stageId">The stage's name.</param>
/// <param name="settings">How the stage handles records.</param>
/// <param name="dateOf">Turns the milliseconds of the engine's clock into a date.</param>
/// <param name="changed">Is told of every change; null: nobody listens.</param>
/// <param name="room">Is told of room that becomes free; null: the stage stands alone.</param>
sealed class StageContext<T>(
    string pipelineId,
    string stageId,
    StageSettings settings,
    Func<long, DateTimeOffset> dateOf,
    Action<StageEvent<T>>? changed,
    IStageRoom? room
)
{
    public readonly string PipelineId = pipelineId;

    public readonly string StageId = stageId;

    /// <summary>Is told of every change, in order; null: nobody listens, and no event is made.</summary>
    public readonly Action<StageEvent<T>>? Changed = changed;

    public readonly IStageRoom? Room = room;

    public StageSettings Settings = settings;

    public DateTimeOffset DateOf(long ms) => dateOf(ms);

    /// <summary>Gives back the room of records that left the stage for good and are off all counts of records.</summary>
    public void Release(SourceQueue<T> queue, int records, long bytes)
    {
        queue.PendingBytes -= bytes;
        Room?.Release(queue, records, bytes);
    }

    /// <summary>Returns a record that waits in a queue as users see it.</summary>
    public BufferedRecord<T> Show(SourceQueue<T> queue, in QueuedRecord<T> queued) =>
        new(
            queued.Record,
            queue.SourceId,
            PipelineId,
            StageId,
            DateOf(queued.BufferedAt),
            queued.Retries,
            queued.Sequence
        );
}
