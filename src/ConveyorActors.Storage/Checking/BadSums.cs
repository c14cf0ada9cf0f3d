namespace ConveyorActors.Storage.Checking;

/// <summary>
/// The checksums of a table's bad rows: for each row the recorded checksum, and that of its present bytes.
/// </summary>
sealed class BadSums
{
    /// <summary>
    /// The most bad rows for which either checksum is considered as the original one. With more rows, almost any
    /// difference could be explained.
    /// </summary>
    const int MostChoices = 16;

    readonly List<(long Recorded, long Computed)> rows = [];

    public int Count => rows.Count;

    public void Add(long recorded, long computed) => rows.Add((recorded, computed));

    /// <summary>
    /// Returns whether the original checksums of the bad rows account for the whole difference in a table's sum.
    /// </summary>
    /// <param name="missing">The sum (exclusive or) that was recorded for the table, without the good rows.</param>
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
    /// Returns whether some of the numbers have the wanted exclusive or (Gaussian elimination over bits).
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
