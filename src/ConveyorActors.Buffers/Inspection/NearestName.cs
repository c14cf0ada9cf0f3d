namespace ConveyorActors.Buffers.Inspection;

/// <summary>Finds the name that a mistyped name most likely stands for.</summary>
static class NearestName
{
    const int MaxCompared = 200,
        MinBeginning = 4;

    /// <summary>
    /// Returns the closest name if at most a third of the letters (at least 2, and not all of them) must be changed,
    /// added or removed; otherwise the only name that begins with the given one, or null.
    /// </summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        if (name.Length > MaxCompared)
            return null;
        string[] all = [.. candidates.Where(c => c.Length <= MaxCompared)];
        return FindClosest(name, all) ?? FindLonger(name, all);
    }

    static string? FindClosest(string name, string[] candidates) =>
        candidates
            .Select(c => (Name: c, Changes: CountChanges(name, c)))
            .Where(c => c.Changes <= Math.Max(2, name.Length / 3) && c.Changes < Math.Max(name.Length, c.Name.Length))
            .OrderBy(c => c.Changes)
            .ThenBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => c.Name)
            .FirstOrDefault();

    static string? FindLonger(string name, string[] candidates) =>
        name.Length >= MinBeginning
        && candidates.Where(c => c.StartsWith(name, StringComparison.OrdinalIgnoreCase)).Take(2).ToArray() is [var only]
            ? only
            : null;

    /// <summary>
    /// Returns how many letters must be changed, added or removed to convert one name to the other, ignoring case. For
    /// a very long first name, returns its length.
    /// </summary>
    public static int CountChanges(string from, string to)
    {
        if (from.Length > MaxCompared)
            return from.Length;
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var change =
                    diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
