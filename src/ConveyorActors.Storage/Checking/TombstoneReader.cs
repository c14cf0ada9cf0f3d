using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Reads the tombstones (the rows of settled records) in parallel with the groups, which are in the same order. One row
/// is in memory at a time, for any number of them.
/// </summary>
sealed class TombstoneReader : IDisposable
{
    readonly TableRows all;
    readonly RowCheck check;
    bool hasRow,
        isTaken;

    Statement Rows => all.Row;

    public TombstoneReader(DataFile file, RowCheck check)
    {
        this.check = check;
        all = check.Read(file, RowKind.Tombstones, "data, sum");
        ReadNext();
    }

    /// <summary>Returns the tombstones of a group; null: there is no reliable row.</summary>
    /// <param name="group">The group's id.</param>
    /// <param name="computed">The checksum of the group's present bytes.</param>
    /// <param name="recorded">
    /// The recorded checksum of the group; if the two differ, either may be the original one.
    /// </param>
    /// <param name="data">The row's content; valid until the next call.</param>
    public Row? Take(long group, long computed, long recorded, out ReadOnlySpan<byte> data)
    {
        data = default;
        PassUpTo(group);
        if (!hasRow || Rows.GetLong(0) != group)
            return null;
        isTaken = true;
        data = Rows.GetBlob(1);
        var row = new Row();
        var sum = RowSums.ComputeForTombstones(group, computed, data);
        if (sum != Rows.GetLong(2))
            sum = RowSums.ComputeForTombstones(group, recorded, data);
        return check.Take(RowKind.Tombstones, row, group, sum, Rows.GetLong(2), data) ? row : null;
    }

    public void PassAll() => PassUpTo(long.MaxValue);

    /// <summary>
    /// Skips the rows before a group. Skipped rows that were not used belong to groups that are missing.
    /// </summary>
    void PassUpTo(long group)
    {
        if (isTaken)
            ReadNext();
        var (orphans, first) = (0, hasRow ? Rows.GetLong(0) : 0);
        for (; hasRow && Rows.GetLong(0) < group; ReadNext())
        {
            check.RefuseOrphan(RowKind.Tombstones, Rows.GetLong(2));
            orphans++;
        }
        if (orphans > 0)
            check.AddFinding(
                RowCheck.GetTableName(RowKind.Tombstones),
                orphans == 1 ? $"row {first} belongs to no group" : $"{orphans} rows from {first} belong to no group"
            );
    }

    void ReadNext()
    {
        isTaken = false;
        hasRow = all.Step();
    }

    public void Dispose() => all.Dispose();
}
