using System.Globalization;

namespace ConveyorActors.Node.Tests.Cluster;

/// <summary>What producers and consumers have said, and whether it fits together.</summary>
sealed class Ledger
{
    readonly Lock gate = new();
    readonly Dictionary<(string Pipeline, string Source), List<(long Time, int Number)>> persisted = [];
    readonly Dictionary<(string Pipeline, string Source), List<(long Time, int Number)>> processed = [];
    readonly Dictionary<string, int> unknown = [];

    /// <summary>Takes a line of a producer or consumer.</summary>
    public void Hear(string line)
    {
        if (line.Split(' ') is not [var what, var at, var pipeline, var source, var text])
            return; // "settled"
        var (time, number) = (
            long.Parse(at, CultureInfo.InvariantCulture),
            int.Parse(text, CultureInfo.InvariantCulture)
        );
        lock (gate)
        {
            if (what == "unknown")
                unknown[pipeline] = unknown.GetValueOrDefault(pipeline) + 1;
            else
            {
                var of = what == "persisted" ? persisted : processed;
                if (!of.TryGetValue((pipeline, source), out var all))
                    of[(pipeline, source)] = all = [];
                all.Add((time, number));
            }
        }
    }

    public int Persisted
    {
        get
        {
            lock (gate)
                return persisted.Values.Sum(all => all.Count);
        }
    }

    public int PersistedIn(string pipeline)
    {
        lock (gate)
            return persisted.Where(p => p.Key.Pipeline == pipeline).Sum(p => p.Value.Count);
    }

    public int PersistedOf(string source)
    {
        lock (gate)
            return persisted.Where(p => p.Key.Source == source).Sum(p => p.Value.Count);
    }

    public int UnknownIn(string pipeline)
    {
        lock (gate)
            return unknown.GetValueOrDefault(pipeline);
    }

    public int Unknown
    {
        get
        {
            lock (gate)
                return unknown.Values.Sum();
        }
    }

    /// <summary>Returns the pipelines with an acknowledgement after a time.</summary>
    public int PipelinesSince(long time)
    {
        lock (gate)
            return persisted.Where(p => p.Value[^1].Time >= time).Select(p => p.Key.Pipeline).Distinct().Count();
    }

    /// <summary>Returns the longest time without an acknowledgement of any pipeline that ended after a time.</summary>
    public IReadOnlyList<TimeSpan> LongestSilences(long since)
    {
        lock (gate)
        {
            return
            [
                .. persisted
                    .GroupBy(p => p.Key.Pipeline)
                    .Select(pipeline =>
                    {
                        long[] times = [.. pipeline.SelectMany(p => p.Value).Select(v => v.Time).Order()];
                        return TimeSpan.FromMicroseconds(
                            times
                                .Zip(times.Skip(1), (earlier, later) => (Earlier: earlier, Later: later))
                                .Where(pair => pair.Later >= since)
                                .Select(pair => pair.Later - pair.Earlier)
                                .DefaultIfEmpty(0)
                                .Max()
                        );
                    })
                    .OrderDescending(),
            ];
        }
    }

    /// <summary>When the records around a number were acknowledged and processed.</summary>
    string Around((string Pipeline, string Source) key, int number)
    {
        var acknowledged = persisted[key]
            .Where(a => Math.Abs(a.Number - number) <= 2)
            .Select(a => (a.Time, What: $"{a.Number} acknowledged"));
        var seen = processed
            .GetValueOrDefault(key, [])
            .Where(p => Math.Abs(p.Number - number) <= 2)
            .Select(p => (p.Time, What: $"{p.Number} processed"));
        return string.Join(", ", acknowledged.Concat(seen).OrderBy(e => e.Time).Select(e => $"{e.What} at {e.Time}"));
    }

    /// <summary>
    /// Returns the most records of a source that were pending at one time over all pipelines: acknowledged and not
    /// processed yet. There may have been more, as a producer reports a little later that a record was accepted, and a
    /// consumer a little earlier that it is settled.
    /// </summary>
    public int MostPending(string source)
    {
        lock (gate)
        {
            var changes = new List<(long Time, int Change)>();
            foreach (var ((pipeline, from), acknowledged) in persisted.Where(p => p.Key.Source == source))
            {
                var ends = processed
                    .GetValueOrDefault((pipeline, from), [])
                    .GroupBy(p => p.Number)
                    .ToDictionary(g => g.Key, g => g.Min(p => p.Time));
                foreach (var (time, number) in acknowledged)
                {
                    changes.Add((time, 1));
                    changes.Add((Math.Max(time, ends.GetValueOrDefault(number, long.MaxValue)), -1));
                }
            }
            var (now, most) = (0, 0);
            foreach (var (_, change) in changes.OrderBy(c => c.Time).ThenBy(c => c.Change))
                most = Math.Max(most, now += change);
            return most;
        }
    }

    /// <summary>
    /// Everything that was acknowledged as persisted was processed, and each source's records first in order.
    /// </summary>
    public void Check()
    {
        lock (gate)
        {
            foreach (var (key, acknowledged) in persisted)
            {
                int[] numbers = [.. acknowledged.Select(a => a.Number)];
                Assert.True(numbers.Distinct().Count() == numbers.Length, $"{key}: a record was acknowledged twice");
                int[] seen = [.. processed.GetValueOrDefault(key, []).OrderBy(p => p.Time).Select(p => p.Number)];
                int[] lost = [.. numbers.Except(seen)];
                Assert.True(
                    lost.Length == 0,
                    $"{key}: {lost.Length} of {numbers.Length} records that were acknowledged as persisted were never processed, first {string.Join(", ", lost.Take(5))}"
                );
                int[] firsts = [.. seen.Distinct()];
                var wrong = firsts
                    .Zip(firsts.Skip(1), (earlier, later) => (Earlier: earlier, Later: later))
                    .FirstOrDefault(pair => pair.Later < pair.Earlier);
                Assert.True(
                    wrong == default,
                    $"{key}: {wrong.Later} was processed after {wrong.Earlier}: {Around(key, wrong.Later)}"
                );
            }
        }
    }
}
