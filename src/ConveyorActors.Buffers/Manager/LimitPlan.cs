using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Computes the effect of new limits, step by step as the change itself would proceed.</summary>
sealed class LimitPlan
{
    readonly Dictionary<string, (long Records, long Bytes)> byStage = new(StringComparer.Ordinal);
    readonly Dictionary<string, (long Records, long Bytes)> bySource = new(StringComparer.Ordinal);
    readonly Dictionary<(string Stage, string Source), long> byQueue = [];

    public List<LimitChangeRow> Rows { get; } = [];

    /// <summary>Gets the room of the manager that all stages together would free by dropping records.</summary>
    public (long Records, long Bytes) EvictedInAll { get; private set; }

    public (long Records, long Bytes) GetEvictedAtStage(string stage) => byStage.GetValueOrDefault(stage);

    public (long Records, long Bytes) GetEvictedOfSource(string source) => bySource.GetValueOrDefault(source);

    public long CountEvictedFromQueue(string stage, string source) => byQueue.GetValueOrDefault((stage, source));

    /// <summary>Returns the zone that a pool would be in.</summary>
    public static int GetZone(CapacityPool pool, PoolLimits planned, (long Records, long Bytes) evicted) =>
        planned.GetZone(pool.Used - evicted.Records, pool.UsedBytes - evicted.Bytes).Zone;

    /// <summary>Plans to drop a stage's oldest records until the stage meets its limits.</summary>
    public void Evict(
        string stage,
        CapacityPool pool,
        PoolLimits planned,
        IEnumerable<(string Source, int Bytes)> oldestFirst
    )
    {
        var (used, bytes) = (pool.Used, pool.UsedBytes);
        foreach (var (source, size) in oldestFirst)
        {
            if (planned.Fill(used, bytes) <= 1)
                return;
            used--;
            bytes -= size;
            EvictedInAll = AddRecord(EvictedInAll, size);
            byStage[stage] = AddRecord(GetEvictedAtStage(stage), size);
            bySource[source] = AddRecord(GetEvictedOfSource(source), size);
            byQueue[(stage, source)] = CountEvictedFromQueue(stage, source) + 1;
        }
    }

    /// <summary>
    /// Adds a row for a level that would still be over its new limit after records are dropped, or that would drop
    /// records.
    /// </summary>
    public void AddRow(
        string level,
        CapacityPool pool,
        PoolLimits planned,
        (long Records, long Bytes) evictedInAll,
        long evicted
    )
    {
        var (records, bytes) = (pool.Used - evictedInAll.Records, pool.UsedBytes - evictedInAll.Bytes);
        if (evicted == 0 && planned.Fill(records, bytes) <= 1)
            return;
        // The bytes of the records that will be settled next are unknown, so at least one record must be settled.
        var tooMany = Math.Max(records - planned.Records + 1, planned.Bytes is { } most && bytes >= most ? 1 : 0);
        Rows.Add(
            new(level, pool.Used, planned.Records, evicted, Math.Max(0, tooMany))
            {
                UsedBytes = planned.Bytes is null ? null : pool.UsedBytes,
                NewLimitBytes = planned.Bytes,
            }
        );
    }

    static (long Records, long Bytes) AddRecord((long Records, long Bytes) sum, int bytes) =>
        (sum.Records + 1, sum.Bytes + bytes);
}
