namespace ConveyorActors.Pipelines.Commands;

/// <summary>
/// The lines that successful commands of a run wrote to standard error: each text once per stage, with its count.
/// </summary>
/// <remarks>Safe for use by many threads. Bounded per stage; lines past the bound are only counted.</remarks>
sealed class CommandRemarks
{
    readonly Lock gate = new();
    readonly List<CommandRemark> remarks = [];
    readonly Dictionary<(string Stage, string Text), int> places = [];
    readonly Dictionary<string, int> texts = new(StringComparer.Ordinal);

    /// <summary>Gets the remarks in the order of their first occurrence.</summary>
    public IReadOnlyList<CommandRemark> All
    {
        get
        {
            lock (gate)
                return [.. remarks];
        }
    }

    /// <summary>Adds the lines that one command wrote.</summary>
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
                    AddCount_NeedsLock(stage, text, count);
                else
                    more += count;
            }
            if (more > 0)
                AddCount_NeedsLock(stage, "", more);
        }
    }

    void AddCount_NeedsLock(string stage, string text, long count)
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
