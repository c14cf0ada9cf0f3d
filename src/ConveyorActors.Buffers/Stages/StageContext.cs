using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Stages;

/// <summary>The name, the settings and the callbacks of a stage, shared by all its parts.</summary>
/// <remarks>
/// Guarded by the stage's lock, except for the names and <see cref="GetDate"/>, which any thread may use.
/// </remarks>
/// <param name="pipelineId">The pipeline that the stage belongs to.</param>
/// <param name="stageId">The stage's name.</param>
/// <param name="settings">The settings of the stage.</param>
/// <param name="dateOf">Converts the milliseconds of the engine's clock into a date.</param>
/// <param name="changed">Called with every change; null: no callback.</param>
/// <param name="room">Called when room becomes free; null: no callback.</param>
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

    /// <summary>Called with every change, in order; null: no callback, and no event is created.</summary>
    public readonly Action<StageEvent<T>>? Changed = changed;

    public readonly IStageRoom? Room = room;

    public StageSettings Settings = settings;

    public DateTimeOffset GetDate(long ms) => dateOf(ms);

    /// <summary>Releases the room of records that left the stage for good and are no longer counted.</summary>
    public void Release(SourceQueue<T> queue, int records, long bytes)
    {
        queue.PendingBytes -= bytes;
        Room?.Release(queue, records, bytes);
    }

    /// <summary>Returns a waiting record in the form that users see.</summary>
    public BufferedRecord<T> Show(SourceQueue<T> queue, in QueuedRecord<T> queued) =>
        new(
            queued.Record,
            queue.SourceId,
            PipelineId,
            StageId,
            GetDate(queued.BufferedAt),
            queued.Retries,
            queued.Sequence
        );
}
