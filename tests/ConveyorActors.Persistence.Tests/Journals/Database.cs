using Microsoft.Data.Sqlite;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>A database for a journal, and how a configuration names it.</summary>
public abstract class Database : IDisposable
{
    /// <summary>The configuration of Akka.Persistence.Sql that uses the database.</summary>
    public abstract string Hocon { get; }

    /// <summary>Runs a statement on the database; returns how many rows it changed.</summary>
    public abstract int Execute(string sql);

    /// <summary>Runs a query for one number.</summary>
    public abstract long Query(string sql);

    public abstract void Dispose();

    /// <summary>The journal once more, at a path of its own, with other settings.</summary>
    public string JournalAt(string path, string settings)
    {
        const string from = "    sql {",
            to = "    }";
        var block = Hocon[Hocon.IndexOf(from, StringComparison.Ordinal)..];
        return $"{path} {{ {block[from.Length..block.IndexOf(to, StringComparison.Ordinal)]}\n{settings} }}";
    }

    protected static string HoconOf(string provider, string connection) =>
        $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                  connection-string = "{{connection}}"
                  provider-name = "{{provider}}"
                  parallelism = 1
                  tag-write-mode = Csv
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                  connection-string = "{{connection}}"
                  provider-name = "{{provider}}"
                }
              }
            }
            """;
}

/// <summary>A file of SQLite with a write-ahead log.</summary>
public sealed class SqliteDatabase : Database
{
    readonly string folder = Directory.CreateTempSubdirectory("conveyor-journal-").FullName;
    readonly bool isOwn = true;

    public SqliteDatabase() => Execute("PRAGMA journal_mode = WAL");

    /// <summary>One that is somebody else's.</summary>
    public SqliteDatabase(string folder) => (this.folder, isOwn) = (folder, false);

    public string Folder => folder;

    /// <summary>The connection string, with slashes on every system: in HOCON a backslash escapes.</summary>
    public string Connection => $"Data Source={Path.Combine(folder, "journal.db").Replace('\\', '/')}";

    public override string Hocon => HoconOf("SQLite.MS", Connection);

    public override int Execute(string sql) => Run(sql, command => command.ExecuteNonQuery());

    public override long Query(string sql) => Run(sql, command => Convert.ToInt64(command.ExecuteScalar() ?? 0L));

    T Run<T>(string sql, Func<SqliteCommand, T> run)
    {
        using var connection = new SqliteConnection(Connection);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return run(command);
    }

    public override void Dispose()
    {
        if (!isOwn)
            return;
        SqliteConnection.ClearAllPools();
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // Somebody still has it open; it is in the folder for temporary files.
        }
    }
}
