using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ConveyorActors.Storage.Files;

/// <summary>A prepared statement that is bound and run without allocations.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class Statement : IDisposable
{
    readonly sqlite3 database;
    readonly sqlite3_stmt prepared;
    int next;

    public Statement(sqlite3 database, string sql)
    {
        this.database = database;
        Check(raw.sqlite3_prepare_v2(database, sql, out prepared));
    }

    public Statement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(prepared, ++next, value));
        return this;
    }

    public Statement Bind(string? value)
    {
        // Bound as bytes, because a text would be cut at its first zero byte. Empty bytes would be NULL.
        Check(
            value switch
            {
                null => raw.sqlite3_bind_null(prepared, ++next),
                "" => raw.sqlite3_bind_text(prepared, ++next, ""),
                _ => raw.sqlite3_bind_text(prepared, ++next, Encoding.UTF8.GetBytes(LosslessText.Escape(value))),
            }
        );
        return this;
    }

    public Statement Bind(ReadOnlySpan<byte> value)
    {
        Check(raw.sqlite3_bind_blob(prepared, ++next, value));
        return this;
    }

    /// <summary>Runs the statement to its end.</summary>
    public void Run()
    {
        try
        {
            while (Step()) { }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Advances to the next row. Returns whether there is one.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(prepared);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
            Check(result);
        return result == raw.SQLITE_ROW;
    }

    public void Reset()
    {
        next = 0;
        raw.sqlite3_reset(prepared);
    }

    public long GetLong(int column) => raw.sqlite3_column_int64(prepared, column);

    public string? GetText(int column) =>
        raw.sqlite3_column_type(prepared, column) == raw.SQLITE_NULL
            ? null
            : LosslessText.Unescape(Encoding.UTF8.GetString(raw.sqlite3_column_blob(prepared, column)));

    /// <summary>Returns a column of the current row; valid until the next step.</summary>
    public ReadOnlySpan<byte> GetBlob(int column) => raw.sqlite3_column_blob(prepared, column);

    public void Dispose() => prepared.Dispose();

    void Check(int result)
    {
        if (result == raw.SQLITE_OK)
            return;
        var extended = raw.sqlite3_extended_errcode(database);
        var message = raw.sqlite3_errmsg(database).utf8_to_string();
        Reset();
        throw new SqliteException(message, result, extended);
    }
}
