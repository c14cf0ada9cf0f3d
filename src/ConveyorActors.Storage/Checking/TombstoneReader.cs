using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Walks over the rows that say which records are gone, beside the groups, which are in the same order: however many
/// there are, one is held at a time.
/// </summary>
sealed class TombstoneReader : IDisposable
{
    readonly Statement rows;
    readonly RowCheck check;
    bool hasRow,
        isTaken;

    public TombstoneReader(DataFile file, RowCheck check)
    {
        this.check = check;
        rows = file.Prepare("SELECT id, data, sum FROM gone ORDER BY id");
        Step();
    }

    /// <summary>The row of a group; null when there is none that can be believed.</summary>
    /// <param name="group">The group's id.</param>
    /// <param name="computed">The group's checksum as it is.</param>
    /// <param name="recorded">The one it should have; where they differ, either may be the one it had.</param>
    /// <param name="data">What the row says; valid until the next call.</param>
    public Row? Take(long group, long computed, long recorded, out ReadOnlySpan<byte> data)
    {
        data = default;
        PassUpTo(group);
        if (!hasRow || rows.Long(0) != group)
            return null;
        isTaken = true;
        data = rows.Blob(1);
        var row = new Row();
        var sum = RowSums.OfGone(group, computed, data);
        if (sum != rows.Long(2))
            sum = RowSums.OfGone(group, recorded, data);
        return check.Take(RowKind.Gone, row, group, sum, rows.Long(2), data) ? row : null;
    }

    public void PassAll() => PassUpTo(long.MaxValue);

    /// <summary>Rows that are passed and nobody took belong to groups that are not there.</summary>
    void PassUpTo(long group)
    {
        if (isTaken)
            Step();
        var (orphans, first) = (0, hasRow ? rows.Long(0) : 0);
        for (; hasRow && rows.Long(0) < group; Step())
        {
            check.RefuseOrphan(RowKind.Gone, rows.Long(2));
            orphans++;
        }
        if (orphans > 0)
            check.Found(
                RowCheck.NameOf(RowKind.Gone),
                orphans == 1 ? $"row {first} belongs to no group" : $"{orphans} rows from {first} belong to no group"
            );
    }

    void Step()
    {
        isTaken = false;
        try
        {
            hasRow = rows.Step();
        }
        catch (SqliteException e) when (check.IsLenient)
        {
            hasRow = false;
            check.Found("gone", $"the rest of it cannot be read: {Reasons.Of(e)}");
        }
    }

    public void Dispose() => rows.Dispose();
}
