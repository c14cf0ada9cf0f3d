namespace ConveyorActors.Cli.Usage;

/// <summary>Guesses what a mistyped word was meant to be.</summary>
static class Nearest
{
    /// <summary>The closest candidate within a third of the word's letters (at least 2), or null.</summary>
    public static string? To(string word, IEnumerable<string> candidates) =>
        candidates.Select(c => (Candidate: c, Distance: Distance(word, c)))
            .Where(c => c.Distance <= Math.Max(2, word.Length / 3) && c.Distance < c.Candidate.Length)
            .OrderBy(c => c.Distance).Select(c => c.Candidate).FirstOrDefault();

    /// <summary>"; did you mean X?" or nothing.</summary>
    public static string Guess(string word, IEnumerable<string> candidates) => To(word, candidates) is { } guess ? $"; did you mean {guess}?" : "";

    static int Distance(string a, string b)
    {
        if (a.Length > 100) return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
