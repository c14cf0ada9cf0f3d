using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>A manager in a few lists: slow, single-threaded and simple enough to be believed.</summary>
sealed class ManagerModel(BufferSettings settings)
{
    public const int StageCount = 2,
        SourceCount = 3;

    public sealed record Item(int Value, int Source, long Sequence)
    {
        public int Retries;
    }

    public sealed class LeaseModel(int stage, List<Item> items, long deadline)
    {
        public readonly int[] Sources = [.. items.Select(i => i.Source).Distinct()];
        public bool HasUntried;
        public int Stage => stage;
        public List<Item> Items => items;
        public long Deadline => deadline;
    }

    public sealed class Grant(int stage, int source, int left, long expires)
    {
        public int Stage => stage;
        public int Source => source;
        public int Left = left;
        public long Expires => expires;
    }

    public readonly List<Item>[,] Lines = new List<Item>[StageCount, SourceCount];
    public readonly List<LeaseModel> Leases = [];
    public readonly List<Grant> Grants = [];
    public readonly List<int>[] Dead =
    [
        [],
        [],
    ];
    public readonly int[,] Limits = new int[StageCount, SourceCount]; // 0: none
    public readonly long[,] SuspectsUpTo = new long[StageCount, SourceCount];
    public readonly int[] Levels = new int[SourceCount];
    readonly bool[] known = new bool[SourceCount];
    readonly bool[,] refused = new bool[StageCount, SourceCount];
    readonly long[] lastSequence = new long[StageCount];
    public long Offered,
        Refused,
        Completed,
        Dropped;

    public ManagerModel Start()
    {
        for (var stage = 0; stage < StageCount; stage++)
        for (var source = 0; source < SourceCount; source++)
            Lines[stage, source] = [];
        return this;
    }

    public int Room(int stage, int source) =>
        Lines[stage, source].Count
        + Held(stage, source)
        + Grants.Where(g => g.Stage == stage && g.Source == source).Sum(g => g.Left);

    public int Held(int stage, int source) =>
        Leases.Where(l => l.Stage == stage).Sum(l => l.Items.Count(i => i.Source == source));

    public int StageRoom(int stage) => Enumerable.Range(0, SourceCount).Sum(s => Room(stage, s));

    public int SourceRoom(int source) => Enumerable.Range(0, StageCount).Sum(s => Room(s, source));

    public int TotalRoom => Enumerable.Range(0, StageCount).Sum(StageRoom);

    public OfferStatus Offer(int stage, int source, int value, Grant? grant, ref int evicted)
    {
        Offered++;
        if (grant is { Left: > 0 })
            grant.Left--;
        else
        {
            while (StageRoom(stage) >= settings.MaxPerStage)
            {
                var oldest = AllLines(stage).Where(l => l.Count > 0).MinBy(l => l[0].Sequence);
                var rule = settings.Stage.FullMode;
                if (
                    rule == FullMode.DropOldest
                    && oldest is not null
                    && (SourceRoom(source) < settings.MaxPerSource || oldest[0].Source == source)
                )
                {
                    oldest.RemoveAt(0);
                    Dropped++;
                    evicted++;
                    continue;
                }
                refused[stage, source] = true;
                if (rule == FullMode.DropNewest)
                    Dropped++;
                else
                    Refused++;
                return rule == FullMode.DropNewest ? OfferStatus.Dropped : OfferStatus.StageFull;
            }
            if (SourceRoom(source) >= settings.MaxPerSource || TotalRoom >= settings.MaxTotalRecords)
            {
                Refused++;
                return SourceRoom(source) >= settings.MaxPerSource ? OfferStatus.SourceFull : OfferStatus.GlobalFull;
            }
        }
        refused[stage, source] = false;
        Lines[stage, source].Add(new(value, source, ++lastSequence[stage]));
        return OfferStatus.Accepted;
    }

    /// <summary>Records that a lease could have now.</summary>
    public int Available(int stage) =>
        Enumerable.Range(0, SourceCount).Where(s => Held(stage, s) == 0).Sum(s => Lines[stage, s].Count);

    public void Return(LeaseModel lease, IReadOnlyList<Item> items, bool charge)
    {
        lease.HasUntried |= !charge && items.Count > 0;
        foreach (var item in items)
        {
            lease.Items.Remove(item);
            if (charge && ++item.Retries > settings.Stage.MaxRetries)
            {
                Dead[lease.Stage].Add(item.Value);
                continue;
            }
            var line = Lines[lease.Stage, item.Source];
            line.Insert(line.TakeWhile(i => i.Sequence < item.Sequence).Count(), item);
        }
        EndIfSettled(lease);
    }

    /// <summary>One record is charged; of several none is, and their sources come in leases of half as many.</summary>
    public void Fail(LeaseModel lease)
    {
        var failed = lease.Items.Count;
        foreach (var source in lease.Items.Select(i => i.Source).Distinct().ToArray())
        {
            var (first, last) = (
                lease.Items.First(i => i.Source == source).Sequence,
                lease.Items.Last(i => i.Source == source).Sequence
            );
            ref var limit = ref Limits[lease.Stage, source];
            limit = Math.Max(1, limit == 0 ? failed / 2 : Math.Min(limit, failed) / 2);
            ref var upTo = ref SuspectsUpTo[lease.Stage, source];
            upTo = upTo < first ? last : Math.Min(upTo, last);
        }
        Leases.Remove(lease);
        Return(lease, [.. lease.Items], charge: failed == 1);
    }

    public bool HasSuspects(int stage, int source) =>
        Lines[stage, source] is [var head, ..] && head.Sequence <= SuspectsUpTo[stage, source];

    void EndIfSettled(LeaseModel lease)
    {
        if (lease.Items.Count > 0 || !Leases.Remove(lease) || lease.HasUntried)
            return;
        foreach (var source in lease.Sources)
            if (!HasSuspects(lease.Stage, source))
                Limits[lease.Stage, source] *= 2;
    }

    public void Complete(LeaseModel lease, IReadOnlyList<Item> items)
    {
        foreach (var item in items)
            lease.Items.Remove(item);
        Completed += items.Count;
        EndIfSettled(lease);
    }

    public void Reach(long now)
    {
        foreach (var lease in Leases.Where(l => l.Deadline <= now).ToArray())
            Fail(lease);
        Grants.RemoveAll(g => g.Expires <= now);
    }

    public Grant Promise(int stage, int source, int records, long expires)
    {
        refused[stage, source] = false;
        Grants.Add(new(stage, source, records, expires));
        return Grants[^1];
    }

    /// <summary>A source exists, and remembers its signal, from its first use on.</summary>
    public void Use(int source)
    {
        if (known[source])
            return;
        known[source] = true;
        Observe();
    }

    /// <summary>Works the signals out as semantics.md words them, from fills and not from zones.</summary>
    public void Observe()
    {
        var (low, high) = (settings.LowWatermark, settings.BackpressureThreshold);
        var band = (high - low) / 4;
        for (var stage = 0; stage < StageCount; stage++)
            if (Fill(StageRoom(stage), settings.MaxPerStage) <= low)
                for (var source = 0; source < SourceCount; source++)
                    refused[stage, source] = false;
        for (var source = 0; source < SourceCount; source++)
        {
            if (!known[source])
                continue;
            var fill = Math.Max(
                Fill(TotalRoom, settings.MaxTotalRecords),
                Fill(SourceRoom(source), settings.MaxPerSource)
            );
            for (var stage = 0; stage < StageCount; stage++)
                if (Room(stage, source) > 0 || refused[stage, source])
                    fill = Math.Max(fill, Fill(StageRoom(stage), settings.MaxPerStage));
            var level = Levels[source];
            while (level < 4 && (level == 3 ? fill >= high - 1e-9 : fill > low + (level + 1) * band + 1e-9))
                level++;
            while (level > 0 && fill <= low + (level - 1) * band + 1e-9)
                level--;
            Levels[source] = level;
        }
    }

    public BackpressureKind Kind(int source) =>
        Levels[source] switch
        {
            0 => BackpressureKind.None,
            4 => BackpressureKind.Pause,
            _ => BackpressureKind.SlowDown,
        };

    IEnumerable<List<Item>> AllLines(int stage) => Enumerable.Range(0, SourceCount).Select(s => Lines[stage, s]);

    static double Fill(int used, int limit) => (double)used / limit;
}
