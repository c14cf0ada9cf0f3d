namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// What the commands of a run wrote on standard error and were done all the same: each text once for each stage, with
/// its count.
/// </summary>
/// <remarks>Safe for any thread. Bounded for each stage; what is past that is counted.</remarks>
sealed class CommandRemarks
{
    readonly Lock gate = new();
    readonly List<CommandRemark> remarks = [];
    readonly Dictionary<(string Stage, string Text), int> places = [];
    readonly Dictionary<string, int> texts = new(StringComparer.Ordinal);

    /// <summary>In the order in which they were first made.</summary>
    public IReadOnlyList<CommandRemark> All
    {
        get
        {
            lock (gate)
                return [.. remarks];
        }
    }

    /// <summary>Adds what one command said.</summary>
    public void Add(string stage, ErrorLines said)
    {
        var (lines, more) = said.Take();
        if (lines.Count == 0)
            return;
        lock (gate)
        {
            foreach (var (text, count) in lines)
            {
                if (places.ContainsKey((stage, text)) || texts.GetValueOrDefault(stage) < ErrorLines.MaxTexts)
                    Count_NeedsLock(stage, text, count);
                else
                    more += count;
            }
            if (more > 0)
                Count_NeedsLock(stage, "", more);
        }
    }

    void Count_NeedsLock(string stage, string text, long count)
    {
        if (places.TryGetValue((stage, text), out var place))
        {
            remarks[place] = remarks[place] with { Count = remarks[place].Count + count };
            return;
        }
        places.Add((stage, text), remarks.Count);
        remarks.Add(new(stage, text, count));
        if (text.Length > 0)
            texts[stage] = texts.GetValueOrDefault(stage) + 1;
    }
}
