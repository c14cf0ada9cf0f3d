using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Derives the limits of each level from the settings.</summary>
static class LimitsOf
{
    static Watermarks MarksOf(BufferSettings s) => new(s.LowWatermark, s.BackpressureThreshold);

    public static PoolLimits GlobalLimits(BufferSettings s) => new(s.MaxTotalRecords, s.MaxTotalBytes, MarksOf(s));

    public static PoolLimits StageLimits(BufferSettings s) => new(s.MaxPerStage, s.MaxBytesPerStage, MarksOf(s));

    /// <summary>
    /// Returns the default limit of the bytes of dead letters: at most the stage's limit in bytes of records.
    /// </summary>
    public static long UsualDeadLetterBytes(BufferSettings s) =>
        Math.Min(
            StageSettings.UsualDeadLetterBytes,
            Math.Min(s.MaxBytesPerStage ?? long.MaxValue, s.MaxTotalBytes ?? long.MaxValue)
        );

    public static PoolLimits SourceLimits(BufferSettings s) => new(s.MaxPerSource, s.MaxBytesPerSource, MarksOf(s));
}
