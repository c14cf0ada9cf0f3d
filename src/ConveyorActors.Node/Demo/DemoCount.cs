using System.Globalization;

namespace ConveyorActors.Node.Demo;

/// <summary>Counts the lines of the producer and the consumer.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class DemoCount
{
    readonly Lock gate = new();
    readonly HashSet<(string, string, int)> persisted = [];
    readonly Dictionary<(string, string, int), int> processed = [];
    readonly Dictionary<string, List<long>> times = [];

    /// <summary>Counts a line of <see cref="Clients.Reports"/>.</summary>
    public void ReadLine(string line)
    {
        if (line.Split(' ') is not [var what, var time, var pipeline, var source, var number])
            return;
        lock (gate)
        {
            var record = (pipeline, source, int.Parse(number, CultureInfo.InvariantCulture));
            if (what == "processed")
                processed[record] = processed.GetValueOrDefault(record) + 1;
            if (what != "persisted")
                return;
            persisted.Add(record);
            if (!times.TryGetValue(pipeline, out var all))
                times[pipeline] = all = [];
            all.Add(long.Parse(time, CultureInfo.InvariantCulture));
        }
    }

    public (int Persisted, int Processed, int Lost, int Repeated) Totals
    {
        get
        {
            lock (gate)
                return (
                    persisted.Count,
                    processed.Count,
                    persisted.Count(r => !processed.ContainsKey(r)),
                    processed.Values.Count(n => n > 1)
                );
        }
    }

    /// <summary>Returns whether each of the pipelines has acknowledged a record since a time.</summary>
    public bool HaveAllSince(long time, int pipelines)
    {
        lock (gate)
            return times.Count == pipelines && times.Values.All(all => all[^1] >= time);
    }

    /// <summary>
    /// Returns, for each pipeline, the longest time without an acknowledgement that ended after a time.
    /// </summary>
    public IReadOnlyList<TimeSpan> GetLongestGaps(long since)
    {
        lock (gate)
        {
            return
            [
                .. times
                    .Values.Select(all =>
                        TimeSpan.FromMicroseconds(
                            all.Zip(all.Skip(1), (earlier, later) => (Earlier: earlier, Later: later))
                                .Where(pair => pair.Later >= since)
                                .Select(pair => pair.Later - pair.Earlier)
                                .DefaultIfEmpty(0)
                                .Max()
                        )
                    )
                    .OrderDescending(),
            ];
        }
    }
}
