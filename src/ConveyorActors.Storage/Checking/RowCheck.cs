using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Sums up the good rows of a data file while it is read, collects the errors, and determines in the end which tables
/// are reliable.
/// </summary>
/// <param name="isLenient">Whether rows that are left out are kept, for a repair.</param>
sealed class RowCheck(bool isLenient)
{
    /// <summary>The exclusive upper bound of the ids of names.</summary>
    public const int Highest = int.MaxValue / 2;

    readonly BadSums[] bad = [.. Enumerable.Range(0, StoreModel.Tables).Select(_ => new BadSums())];
    readonly HashSet<RowKind> doubtful = [];

    public bool IsLenient => isLenient;

    public List<Finding> Findings { get; } = [];

    /// <summary>Gets the rows that are left out, with their content.</summary>
    public List<BadRow> SetAside { get; } = [];

    /// <summary>Gets, for each table, the sum of the good rows' checksums, and their number.</summary>
    public long[] Sums { get; } = new long[StoreModel.Tables * 2];

    /// <summary>Gets the number of groups that are left out, for any reason.</summary>
    public int GroupsLeftOut { get; private set; }

    /// <summary>
    /// Returns whether rows of a table are missing, or differ from those written, and it is not known which.
    /// </summary>
    public bool IsInDoubt(RowKind table) => doubtful.Contains(table);

    /// <summary>Returns the number of rows of a table with a wrong checksum.</summary>
    public int CountBadRows(RowKind table) => bad[(int)table].Count;

    /// <summary>Returns the name of a table in the database.</summary>
    public static string GetTableName(RowKind table) =>
        table switch
        {
            RowKind.SourceQueue => "line",
            RowKind.Group => "grp",
            RowKind.Tombstones => "gone",
            RowKind.Checkpoint => "note",
            _ => table.ToString().ToLowerInvariant(),
        };

    /// <summary>Adds a row to the good ones if its checksum is right, and to the bad ones otherwise.</summary>
    /// <param name="table">The table.</param>
    /// <param name="row">Receives the checksum of a good row.</param>
    /// <param name="id">The row's id.</param>
    /// <param name="computed">The checksum of the row's present bytes.</param>
    /// <param name="recorded">The checksum that was written with the row.</param>
    /// <param name="data">The row's content.</param>
    /// <param name="what">What the row has, as far as that can be trusted; null: it is not said.</param>
    public bool Take(
        RowKind table,
        Row row,
        long id,
        long computed,
        long recorded,
        ReadOnlySpan<byte> data = default,
        string? what = null
    )
    {
        if (computed != recorded)
        {
            var with = what is null ? "" : $" with {what}";
            Refuse(table, id, $"its checksum is wrong; it is left out{with}", recorded, computed, data);
            return false;
        }
        row.Committed = computed;
        StoreModel.UpdateSum(Sums, table, 0, computed);
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

    /// <summary>
    /// Leaves out a row that is as it was written, but cannot be used without another row that is missing.
    /// </summary>
    public void LeaveOut(RowKind table, long id, string what, ReadOnlySpan<byte> data = default)
    {
        if (table == RowKind.Group)
            GroupsLeftOut++;
        var place = $"{GetTableName(table)} {id}";
        Findings.Add(new(FindingKind.Damage, place, what));
        if (isLenient)
            SetAside.Add(new(place, what, data.ToArray()));
    }

    /// <summary>Leaves out rows that cannot be read.</summary>
    public void LeaveOut(RowKind table, UnreadableRows rows)
    {
        if (rows.IsRow)
            LeaveOut(table, rows.First, $"it cannot be read: {rows.Why}; it is left out");
        else
            AddFinding(GetTableName(table), $"its rows{FormatIds(rows)} cannot be read: {rows.Why}; they are left out");
    }

    static string FormatIds(UnreadableRows rows) =>
        (rows.First, rows.Last) switch
        {
            (long.MinValue, long.MaxValue) => "",
            (long.MinValue, _) => $" up to {rows.Last}",
            (_, long.MaxValue) => $" from {rows.First} on",
            _ => $" from {rows.First} to {rows.Last}",
        };

    /// <summary>
    /// Reads the rows of a table. In a repair, rows that cannot be read are left out; otherwise they end the reading.
    /// </summary>
    public TableRows Read(DataFile file, RowKind table, string columns, Action<UnreadableRows>? skip = null) =>
        new(file, table, columns, isLenient ? skip ?? (rows => LeaveOut(table, rows)) : null);

    /// <summary>Records a row whose parent row is missing. There may be too many of them for a finding each.</summary>
    public void RefuseOrphan(RowKind table, long recorded) => bad[(int)table].Add(recorded, recorded);

    public void AddFinding(string place, string what) => Findings.Add(new(FindingKind.Damage, place, what));

    /// <summary>
    /// Returns whether an id of a name is in range. A larger id is damaged, and could be confused with another one.
    /// </summary>
    public bool IsSmall(RowKind table, long id, long value, long recorded)
    {
        if (value is >= 0 and < Highest)
            return true;
        Refuse(table, id, "it has a number that cannot be", recorded, recorded);
        return false;
    }

    /// <summary>Returns the last id in use. An id past the upper bound is damaged, and does not count.</summary>
    public static long GetLastId(long last, long id) => id < Highest ? Math.Max(last, id) : last;

    /// <summary>
    /// Compares the rows that were read with the recorded sums of each table. Returns why the file cannot be used as it
    /// is; null: it can.
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
            if (
                recorded[count] - Sums[count] == CountBadRows(table)
                && bad[(int)table].Explain(recorded[sum] ^ Sums[sum])
            )
                continue;
            doubtful.Add(table);
            AddFinding(
                GetTableName(table),
                $"it has {Sums[count]} good rows where {recorded[count]} were written, or others than were written: the counts do not add up"
            );
            // If rows of these tables are missing or outdated, settled records could be delivered again, or a record be assigned
            // to another source.
            if (
                table
                is RowKind.Tombstones
                    or RowKind.SourceQueue
                    or RowKind.Queue
                    or RowKind.Checkpoint
                    or RowKind.Dead
            )
                unfit ??= $"rows of the table '{GetTableName(table)}' are missing or duplicated";
        }
        return unfit;
    }
}
