namespace ConveyorActors.Storage.Checking;

/// <summary>
/// The checksums of a table's bad rows: for each row the recorded one, and the one of its present bytes.
/// </summary>
sealed class BadSums
{
    /// <summary>
    /// Up to how many rows either checksum may be the right one; with more, almost any difference could be explained.
    /// </summary>
    const int MostChoices = 16;

    readonly List<(long Recorded, long Computed)> rows = [];

    public int Count => rows.Count;

    public void Add(long recorded, long computed) => rows.Add((recorded, computed));

    /// <summary>
    /// Returns whether the bad rows, as they were written, account for the whole difference in a table's sum.
    /// </summary>
    /// <param name="missing">The sum (exclusive or) that was recorded of the table, without the good rows.</param>
    public bool Explain(long missing)
    {
        if (rows.Count == 0)
            return missing == 0;
        foreach (var (recorded, _) in rows)
            missing ^= recorded;
        return missing == 0
            || rows.Count <= MostChoices && CanBeMade(missing, rows.Select(r => r.Recorded ^ r.Computed));
    }

    /// <summary>
    /// Returns whether the exclusive or of some of the numbers is the wanted one (Gaussian elimination over bits).
    /// </summary>
    static bool CanBeMade(long wanted, IEnumerable<long> numbers)
    {
        var basis = new List<long>();
        foreach (var number in numbers)
        {
            var rest = Reduce(number, basis);
            if (rest != 0)
                basis.Add(rest);
        }
        return Reduce(wanted, basis) == 0;
    }

    static long Reduce(long number, List<long> basis)
    {
        foreach (var known in basis)
            number = (long)Math.Min((ulong)number, (ulong)(number ^ known));
        return number;
    }
}
