using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Derives the limits of each level from the settings.</summary>
static class PoolLimitsFactory
{
    static Watermarks CreateWatermarks(BufferSettings s) => new(s.LowWatermark, s.BackpressureThreshold);

    public static PoolLimits CreateGlobalLimits(BufferSettings s) =>
        new(s.MaxTotalRecords, s.MaxTotalBytes, CreateWatermarks(s));

    public static PoolLimits CreateStageLimits(BufferSettings s) =>
        new(s.MaxPerStage, s.MaxBytesPerStage, CreateWatermarks(s));

    /// <summary>
    /// Returns the default limit of the bytes of dead letters: at most the stage's limit in bytes of records.
    /// </summary>
    public static long GetDefaultDeadLetterBytes(BufferSettings s) =>
        Math.Min(
            StageSettings.UsualDeadLetterBytes,
            Math.Min(s.MaxBytesPerStage ?? long.MaxValue, s.MaxTotalBytes ?? long.MaxValue)
        );

    public static PoolLimits CreateSourceLimits(BufferSettings s) =>
        new(s.MaxPerSource, s.MaxBytesPerSource, CreateWatermarks(s));
}
