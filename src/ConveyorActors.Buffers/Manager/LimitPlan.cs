using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Manager;

/// <summary>What new limits would do, worked out step by step as the change itself would do it.</summary>
sealed class LimitPlan
{
    readonly Dictionary<string, (long Records, long Bytes)> byStage = new(StringComparer.Ordinal);
    readonly Dictionary<string, (long Records, long Bytes)> bySource = new(StringComparer.Ordinal);
    readonly Dictionary<(string Stage, string Source), long> byQueue = [];

    public List<LimitChangeRow> Rows { get; } = [];

    /// <summary>What all stages together would drop: room of the manager.</summary>
    public (long Records, long Bytes) EvictedInAll { get; private set; }

    public (long Records, long Bytes) EvictedAt(string stage) => byStage.GetValueOrDefault(stage);

    public (long Records, long Bytes) EvictedOf(string source) => bySource.GetValueOrDefault(source);

    public long EvictedFrom(string stage, string source) => byQueue.GetValueOrDefault((stage, source));

    /// <summary>The zone a pool would be in.</summary>
    public static int Zone(CapacityPool pool, PoolLimits planned, (long Records, long Bytes) evicted) =>
        planned.ZoneOf(pool.Used - evicted.Records, pool.UsedBytes - evicted.Bytes).Zone;

    /// <summary>Drops a stage's oldest records until it fits.</summary>
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
            EvictedInAll = Plus(EvictedInAll, size);
            byStage[stage] = Plus(EvictedAt(stage), size);
            bySource[source] = Plus(EvictedOf(source), size);
            byQueue[(stage, source)] = EvictedFrom(stage, source) + 1;
        }
    }

    /// <summary>
    /// Adds a row for a level that is over its new limit after what is dropped, or where something is dropped.
    /// </summary>
    public void AddRow(
        string level,
        CapacityPool pool,
        PoolLimits planned,
        (long Records, long Bytes) gone,
        long evicted
    )
    {
        var (records, bytes) = (pool.Used - gone.Records, pool.UsedBytes - gone.Bytes);
        if (evicted == 0 && planned.Fill(records, bytes) <= 1)
            return;
        // How many bytes those have that settle next is not known: one record at least.
        var tooMany = Math.Max(records - planned.Records + 1, planned.Bytes is { } most && bytes >= most ? 1 : 0);
        Rows.Add(new(level, pool.Used, planned.Records, evicted, Math.Max(0, tooMany)));
    }

    static (long Records, long Bytes) Plus((long Records, long Bytes) sum, int bytes) =>
        (sum.Records + 1, sum.Bytes + bytes);
}
