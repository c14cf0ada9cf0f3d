using System.Globalization;
using ConveyorActors.Buffers;

namespace ConveyorActors.Storage.Tests.Crashes;

/// <summary>
/// Knows, from what a process said before it was killed, what must be in its directory, what must not, and what may be.
/// </summary>
sealed class CrashOracle
{
    sealed class Known
    {
        public bool IsAcknowledged,
            MayHaveHopped,
            HasHopped,
            MayBeCompleted,
            IsCompleted;

        /// <summary>By stage: acknowledged returns, and returns that may have been.</summary>
        public readonly Dictionary<string, (int Least, int Most)> Retries = new()
        {
            ["one"] = (0, 0),
            ["two"] = (0, 0),
        };
    }

    readonly Dictionary<string, SortedDictionary<long, Known>> sources = [];

    public int Sources => 3;

    /// <summary>
    /// Acknowledged records so far, and acknowledged settlings: a test that has none of them proves nothing.
    /// </summary>
    public long Acknowledged { get; private set; }

    /// <inheritdoc cref="Acknowledged"/>
    public long Settlings { get; private set; }

    /// <summary>For each source, the number to go on with.</summary>
    public IEnumerable<string> Next =>
        Enumerable
            .Range(0, Sources)
            .Select(i => (Of($"s{i}").Keys.LastOrDefault() + 1).ToString(CultureInfo.InvariantCulture));

    /// <summary>Takes in one line of a child.</summary>
    public void Hear(string line)
    {
        var words = line.Split(' ');
        switch (words[0])
        {
            case "ready":
                break;
            case "offer":
                for (var n = Number(words[2]); n <= Number(words[3]); n++)
                    Of(words[1]).TryAdd(n, new());
                break;
            case "accepted":
                foreach (
                    var (_, known) in Of(words[1])
                        .TakeWhile(k => k.Key <= Number(words[2]))
                        .Where(k => !k.Value.IsAcknowledged)
                )
                {
                    known.IsAcknowledged = true;
                    Acknowledged++;
                }
                break;
            case "hop":
                Each(words[1], words[2], k => k.MayHaveHopped = true);
                break;
            case "hopped":
                Each(words[1], words[2], k => k.HasHopped = true);
                break;
            case "complete":
                Each(words[1], words[2], k => k.MayBeCompleted = true);
                break;
            case "completed":
                Each(
                    words[1],
                    words[2],
                    k =>
                    {
                        k.IsCompleted = true;
                        Settlings++;
                    }
                );
                break;
            case "return":
                Each(
                    words[2],
                    words[3],
                    k => k.Retries[words[1]] = k.Retries[words[1]] with { Most = k.Retries[words[1]].Most + 1 }
                );
                break;
            case "returned":
                Each(
                    words[2],
                    words[3],
                    k => k.Retries[words[1]] = k.Retries[words[1]] with { Least = k.Retries[words[1]].Least + 1 }
                );
                break;
            default:
                Assert.Fail($"the child said: {line}");
                break;
        }
    }

    /// <summary>Compares what is there with what must be, and goes on from what is there.</summary>
    public void Check(
        IReadOnlyList<BufferedRecord<ConveyorRecord>> one,
        IReadOnlyList<BufferedRecord<ConveyorRecord>> two
    )
    {
        for (var i = 0; i < Sources; i++)
        {
            var source = $"s{i}";
            var (first, second) = (Numbers(one, source), Numbers(two, source));
            Assert.Equal(first.Keys.Order(), first.Keys);
            Assert.Equal(second.Keys.Order(), second.Keys);
            var isBeyond = false;
            foreach (var (number, known) in Of(source).ToArray())
            {
                var what = $"{source}-{number}";
                var (isInOne, isInTwo) = (first.ContainsKey(number), second.ContainsKey(number));
                Assert.False(isInOne && isInTwo, $"{what} is in both stages");
                var isThere = isInOne || isInTwo;
                if (known.IsCompleted)
                    Assert.False(isThere, $"{what} was completed, acknowledged, and is there again");
                else if (known.IsAcknowledged && !known.MayBeCompleted)
                    Assert.True(isThere, $"{what} was acknowledged and is not there");
                if (known.HasHopped)
                    Assert.False(isInOne, $"{what} had hopped and is where it was");
                if (!known.MayHaveHopped)
                    Assert.False(isInTwo, $"{what} never hopped and is in the second stage");
                if (isInOne)
                    Same(known, "one", first[number].RetryCount, what);
                if (isInTwo)
                    Same(known, "two", second[number].RetryCount, what);
                if (known.IsAcknowledged)
                    continue;
                // Of what was not acknowledged, the first ones may be there, and nothing after a gap.
                var wasThere = isThere || known.MayHaveHopped || known.MayBeCompleted;
                Assert.False(isBeyond && wasThere, $"{what} is there, and one before it is not");
                isBeyond |= !wasThere;
            }
            Assert.All(
                first.Keys.Concat(second.Keys),
                n => Assert.True(Of(source).ContainsKey(n), $"{source}-{n} was never offered")
            );
            GoOn(source, first, second);
        }
    }

    static void Same(Known known, string stage, int retries, string what)
    {
        var (least, most) = known.Retries[stage];
        Assert.True(
            retries >= least && retries <= most,
            $"{what} in stage {stage} has {retries} retries; it must have from {least} to {most}"
        );
    }

    /// <summary>What is on disk now is what the next child begins with.</summary>
    void GoOn(
        string source,
        Dictionary<long, BufferedRecord<ConveyorRecord>> first,
        Dictionary<long, BufferedRecord<ConveyorRecord>> second
    )
    {
        foreach (var (number, known) in Of(source).ToArray())
        {
            var (isInOne, isInTwo) = (first.ContainsKey(number), second.ContainsKey(number));
            if (!isInOne && !isInTwo)
            {
                // Gone for good, or never there: then it is offered again.
                if (known.IsAcknowledged || known.MayBeCompleted || known.MayHaveHopped)
                    (known.IsAcknowledged, known.IsCompleted) = (true, true);
                else
                    Of(source).Remove(number);
                continue;
            }
            known.IsAcknowledged = true;
            known.MayBeCompleted = false;
            known.MayHaveHopped = known.HasHopped = isInTwo;
            if (isInOne)
                known.Retries["one"] = (first[number].RetryCount, first[number].RetryCount);
            known.Retries["two"] = isInTwo ? (second[number].RetryCount, second[number].RetryCount) : (0, 0);
        }
        foreach (var number in Of(source).Where(k => k.Value.IsCompleted).Select(k => k.Key).SkipLast(1).ToArray())
            if (!first.ContainsKey(number) && !second.ContainsKey(number) && number < Of(source).Keys.Last() - 5_000)
                Of(source).Remove(number);
    }

    Dictionary<long, BufferedRecord<ConveyorRecord>> Numbers(
        IEnumerable<BufferedRecord<ConveyorRecord>> records,
        string source
    )
    {
        var numbers = new Dictionary<long, BufferedRecord<ConveyorRecord>>();
        foreach (var record in records.Where(r => r.SourceId == source))
            Assert.True(
                numbers.TryAdd(Number(record.Record.Id.Split('-')[1]), record),
                $"{record.Record.Id} is there twice"
            );
        return numbers;
    }

    void Each(string source, string numbers, Action<Known> change)
    {
        foreach (var number in numbers.Split(','))
            change(Of(source)[Number(number)]);
    }

    SortedDictionary<long, Known> Of(string source) =>
        sources.TryGetValue(source, out var known) ? known : sources[source] = [];

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
