using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>Rows that cannot be read, by their ids.</summary>
/// <param name="First">The first id.</param>
/// <param name="Last">The last id; long.MaxValue: all rows from the first on.</param>
/// <param name="IsRow">Whether there is one row, with the id <paramref name="First"/>, whose content is damaged.</param>
/// <param name="Why">The reason.</param>
readonly record struct UnreadableRows(long First, long Last, bool IsRow, string Why);

/// <summary>
/// Reads the rows of a table in the order of their ids. In a repair, rows on damaged pages are skipped and reported.
/// </summary>
/// <param name="file">The data file.</param>
/// <param name="table">The table.</param>
/// <param name="columns">The columns after the id, as in SQL.</param>
/// <param name="skip">Receives rows that are skipped; null: a row that cannot be read ends the reading.</param>
/// <remarks>Not thread-safe.</remarks>
sealed class TableRows(DataFile file, RowKind table, string columns, Action<UnreadableRows>? skip) : IDisposable
{
    readonly string name = RowCheck.GetTableName(table);
    Statement? rows;
    long next = long.MinValue;

    /// <summary>Reads the rows of a table again in a repair. What is skipped was reported the first time.</summary>
    public static TableRows ReadAgain(DataFile file, RowKind table, string columns) =>
        new(file, table, columns, static _ => { });

    /// <summary>Gets the current row: its id, and the columns from 1 on.</summary>
    public Statement Row => rows!;

    /// <summary>Advances to the next row. Returns whether there is one.</summary>
    /// <exception cref="SqliteException">A row cannot be read, and rows are not skipped.</exception>
    public bool Step()
    {
        while (true)
        {
            try
            {
                rows ??= file.Prepare($"SELECT id, {columns} FROM {name} WHERE id >= ? ORDER BY id").Bind(next);
                if (!rows.Step())
                    return false;
                next = GetIdAfter(Math.Max(next, rows.GetLong(0)));
                return true;
            }
            catch (SqliteException e) when (skip is not null && !Reasons.IsShortOfMemory(e))
            {
                Dispose();
                rows = null;
                if (!Skip(Reasons.Describe(e)))
                    return false;
            }
        }
    }

    /// <summary>Skips the row that cannot be read, or all rows of its page. Returns whether others may follow.</summary>
    bool Skip(string why)
    {
        var first = next;
        if (TryFind(first, out var found))
        {
            if (found is not { } id)
                return false;
            skip!(new(id, id, IsRow: true, why));
            next = GetIdAfter(id);
            return id < long.MaxValue;
        }
        next = FindReadable(first);
        skip!(new(first, next == long.MaxValue ? next : next - 1, IsRow: false, why));
        return next < long.MaxValue;
    }

    /// <summary>
    /// Returns the first id from which on the table can be searched again; long.MaxValue: none was found.
    /// </summary>
    long FindReadable(long damaged)
    {
        var from = Math.Max(damaged, 0);
        foreach (var probe in GetProbes(from).Where(id => id > from))
        {
            if (!TryFind(probe, out _))
            {
                from = probe;
                continue;
            }
            var readable = probe;
            while (readable - from > 1)
            {
                var middle = from + (readable - from) / 2;
                if (TryFind(middle, out _))
                    readable = middle;
                else
                    from = middle;
            }
            return readable;
        }
        return long.MaxValue;
    }

    /// <summary>
    /// Returns ids above a damaged one that are worth a search. A group and its row of settled records have the same id,
    /// so those of one table are tried for the other. After them come the next ids, at first one by one and then at
    /// growing distances.
    /// </summary>
    IEnumerable<long> GetProbes(long damaged)
    {
        const int perOctave = 64;
        if (table is RowKind.Group or RowKind.Tombstones)
            foreach (var id in GetIds(table == RowKind.Group ? RowKind.Tombstones : RowKind.Group, damaged))
                yield return id;
        for (long octave = 1; octave > 0 && damaged + 2 * octave > damaged; octave *= 2)
        {
            var step = Math.Max(1, octave / perOctave);
            for (var distance = octave; distance < 2 * octave; distance += step)
                yield return damaged + distance;
        }
    }

    /// <summary>Returns the ids of another table above an id, as far as they can be read.</summary>
    IEnumerable<long> GetIds(RowKind other, long above)
    {
        using var ids = file.Prepare($"SELECT id FROM {RowCheck.GetTableName(other)} WHERE id > ? ORDER BY id")
            .Bind(above);
        while (TryStep(ids))
            yield return ids.GetLong(0);
    }

    static bool TryStep(Statement ids)
    {
        try
        {
            return ids.Step();
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>Searches the first row from an id on, without its content. Returns whether the pages can be read.</summary>
    bool TryFind(long from, out long? id)
    {
        id = null;
        try
        {
            using var first = file.Prepare($"SELECT id FROM {name} WHERE id >= ? ORDER BY id LIMIT 1");
            if (first.Bind(from).Step())
                id = first.GetLong(0);
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    static long GetIdAfter(long id) => id == long.MaxValue ? id : id + 1;

    public void Dispose() => rows?.Dispose();
}
