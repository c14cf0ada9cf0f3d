using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Adds the good rows of a data file up while it is read, gathers what is wrong, and says in the end which tables can
/// be believed.
/// </summary>
/// <param name="isLenient">For a repair: what is left out is kept, to be put aside.</param>
sealed class RowCheck(bool isLenient)
{
    /// <summary>Numbers of names are below this.</summary>
    public const int Highest = int.MaxValue / 2;

    readonly BadSums[] bad = [.. Enumerable.Range(0, StoreModel.Tables).Select(_ => new BadSums())];
    readonly HashSet<RowKind> doubtful = [];

    public bool IsLenient => isLenient;

    public List<Finding> Findings { get; } = [];

    /// <summary>Rows that are left out, with what is in them.</summary>
    public List<BadRow> SetAside { get; } = [];

    /// <summary>Of each table the sum of the good rows' checksums, and their number.</summary>
    public long[] Sums { get; } = new long[StoreModel.Tables * 2];

    /// <summary>Groups that are left out, whatever is wrong with them.</summary>
    public int GroupsLeftOut { get; private set; }

    /// <summary>True when rows of a table are missing, or others than were written, and nothing tells which.</summary>
    public bool IsInDoubt(RowKind table) => doubtful.Contains(table);

    /// <summary>Rows of a table with a wrong checksum.</summary>
    public int BadRows(RowKind table) => bad[(int)table].Count;

    public static string NameOf(RowKind table) => table == RowKind.Group ? "grp" : table.ToString().ToLowerInvariant();

    /// <summary>Takes a row in when its checksum is right, and puts it among the bad ones otherwise.</summary>
    public bool Take(RowKind table, Row row, long id, long computed, long recorded, ReadOnlySpan<byte> data = default)
    {
        if (computed != recorded)
        {
            Refuse(table, id, "its checksum is wrong; it is left out", recorded, computed, data);
            return false;
        }
        row.Committed = computed;
        StoreModel.Tally(Sums, table, 0, computed);
        return true;
    }

    /// <summary>
    /// Records a row that differs from the one written. One of the two checksums is the written one, unless both are
    /// damaged.
    /// </summary>
    void Refuse(RowKind table, long id, string what, long recorded, long computed, ReadOnlySpan<byte> data = default)
    {
        bad[(int)table].Add(recorded, computed);
        LeaveOut(table, id, what, data);
    }

    /// <summary>A row that is what was written, and cannot be used for want of another.</summary>
    public void LeaveOut(RowKind table, long id, string what, ReadOnlySpan<byte> data = default)
    {
        if (table == RowKind.Group)
            GroupsLeftOut++;
        var place = $"{NameOf(table)} {id}";
        Findings.Add(new(FindingKind.Damage, place, what));
        if (isLenient)
            SetAside.Add(new(place, what, data.ToArray()));
    }

    /// <summary>
    /// Records a row without the row it belongs to. There may be too many of them for a finding each.
    /// </summary>
    public void RefuseOrphan(RowKind table, long recorded) => bad[(int)table].Add(recorded, recorded);

    public void Found(string place, string what) => Findings.Add(new(FindingKind.Damage, place, what));

    /// <summary>Ids of names are small; one that is not would be taken for another.</summary>
    public bool IsSmall(RowKind table, long id, long value, long recorded)
    {
        if (value is >= 0 and < Highest)
            return true;
        Refuse(table, id, "it has a number that cannot be", recorded, recorded);
        return false;
    }

    /// <summary>
    /// The last id there is: an id past any that could have been given is a damaged one, and does not count.
    /// </summary>
    public static long After(long last, long id) => id < Highest ? Math.Max(last, id) : last;

    /// <summary>
    /// Compares what was read with what was recorded of each table. Answers what makes the file unfit to be used as it
    /// is; null: nothing.
    /// </summary>
    public string? Compare(long[] recorded)
    {
        string? unfit = null;
        foreach (var table in Enum.GetValues<RowKind>())
        {
            var (sum, count) = ((int)table * 2, (int)table * 2 + 1);
            if (table == RowKind.Head || recorded[sum] == Sums[sum] && recorded[count] == Sums[count])
                continue;
            // Bad rows are not in the sums, and are reported already. They explain the difference only if their
            // checksums do, because a damaged page may show an older version of a row, whose own checksum is right.
            if (recorded[count] - Sums[count] == BadRows(table) && bad[(int)table].Explain(recorded[sum] ^ Sums[sum]))
                continue;
            doubtful.Add(table);
            Found(
                NameOf(table),
                $"it has {Sums[count]} good rows where {recorded[count]} were written, or others than were written: the counts do not add up"
            );
            // With these gone, or older than they should be, what was settled could come back, or a record be taken for
            // another's.
            if (table is RowKind.Gone or RowKind.Line or RowKind.Queue or RowKind.Note or RowKind.Dead)
                unfit ??= $"rows of the table '{NameOf(table)}' are missing or doubled";
        }
        return unfit;
    }
}
