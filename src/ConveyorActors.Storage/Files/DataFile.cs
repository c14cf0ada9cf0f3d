using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ConveyorActors.Storage.Files;

/// <summary>The SQLite file of a data directory, and its tables.</summary>
/// <remarks>
/// Uses a write-ahead log, so that a transaction is one append and one fsync. The lock is exclusive and kept: no other
/// process can read the file meanwhile, and the log's index is in memory.
/// </remarks>
sealed class DataFile : IDisposable
{
    public const string Name = "conveyor.db";
    public const int Format = 1;

    /// <summary>The description of a file for which <see cref="SaysReadOnly"/> is true.</summary>
    public const string ReadOnlyHeader = "its header says that it must not be written to";

    static readonly string[] Tables =
    [
        "CREATE TABLE head(id INTEGER PRIMARY KEY, format INTEGER NOT NULL, tx INTEGER NOT NULL, sums BLOB NOT NULL, sum INTEGER NOT NULL)",
        "CREATE TABLE queue(id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, stage TEXT NOT NULL, kind INTEGER NOT NULL, sum INTEGER NOT NULL)",
        "CREATE TABLE line(id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, source TEXT, sum INTEGER NOT NULL)",
        "CREATE TABLE counts(id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL)",
        "CREATE TABLE grp(id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, sum INTEGER NOT NULL, data BLOB NOT NULL)",
        "CREATE TABLE gone(id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL)",
        "CREATE TABLE dead(id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL)",
        "CREATE TABLE seen(id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL)",
        "CREATE TABLE note(id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, sum INTEGER NOT NULL)",
    ];

    readonly SqliteConnection connection;
    readonly List<Statement> statements = [];
    bool syncs = true;

    DataFile(SqliteConnection connection) => this.connection = connection;

    sqlite3 Handle => connection.Handle!;

    /// <summary>Opens the file; creates it if it does not exist.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, or is no SQLite file.</exception>
    /// <exception cref="StorageException">The library of SQLite cannot be loaded.</exception>
    /// <param name="path">The path of the file.</param>
    /// <param name="options">The options of the directory.</param>
    /// <param name="isUntouched">Whether file and log are left as they are when the file is closed.</param>
    public static DataFile Open(string path, DataDirectoryOptions options, bool isUntouched = false)
    {
        var connection = CreateConnection(path, options);
        try
        {
            connection.Open();
            // SQLite opens a file for reading if it may not write it, and then its attempt to lock the file fails like
            // a failed disk.
            if (raw.sqlite3_db_readonly(connection.Handle!, "main") != 0)
                throw new SqliteException("the data file may only be read", raw.SQLITE_READONLY);
            var file = new DataFile(connection);
            if (isUntouched)
                _ = raw.sqlite3_db_config(connection.Handle!, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            // Otherwise SQLite refuses to read any page of a file that is too short.
            if (isUntouched && FileLength.FindFormer(path) is not null)
                file.Execute("PRAGMA writable_schema=ON");
            file.Execute("PRAGMA locking_mode=EXCLUSIVE");
            file.Execute($"PRAGMA page_size={options.PageSize}");
            file.Execute("PRAGMA journal_mode=WAL");
            file.Execute("PRAGMA synchronous=FULL");
            // On macOS, fsync leaves the data in the drive's cache without this. Elsewhere the setting changes nothing.
            file.Execute("PRAGMA fullfsync=ON");
            file.Execute("PRAGMA cache_size=-16384");
            file.Execute("PRAGMA temp_store=MEMORY");
            file.Execute($"PRAGMA wal_autocheckpoint={options.CheckpointBytes / options.PageSize}");
            if (options.MaxBytes is { } most)
                file.Execute($"PRAGMA max_page_count={most / options.PageSize}");
            return file;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    static SqliteConnection CreateConnection(string path, DataDirectoryOptions options)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            Vfs = options.FileSystem,
        }.ToString();
        try
        {
            return new SqliteConnection(text);
        }
        catch (TypeInitializationException e)
        {
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data file '{path}' cannot be opened: the library e_sqlite3 cannot be loaded; it must be beside the program, in '{AppContext.BaseDirectory}'",
                e
            );
        }
    }

    /// <summary>
    /// Gets whether the file's header, contrary to what was written, forbids writing. SQLite is asked, because the
    /// header in the file may be half written, and is then not valid, while the log is moved into the file.
    /// </summary>
    public bool SaysReadOnly => raw.sqlite3_db_readonly(Handle, "main") != 0;

    public bool HasTables => ReadScalar("SELECT count(*) FROM sqlite_master") > 0;

    /// <summary>Gets whether the file has the tables of a data file, defined as they were made.</summary>
    public bool HasExpectedTables
    {
        get
        {
            try
            {
                using var made = Prepare("SELECT name || ' ' || sql FROM sqlite_master");
                var expected = Tables.Select(t => $"{t.Split(' ', '(')[2]} {t}").ToHashSet(StringComparer.Ordinal);
                while (made.Step())
                    expected.SymmetricExceptWith([made.GetText(0) ?? ""]);
                return expected.Count == 0;
            }
            catch (SqliteException e) when (Reasons.IsDamage(e))
            {
                return false;
            }
        }
    }

    public void MakeTables()
    {
        Execute($"BEGIN; {string.Join(';', Tables)}; COMMIT;");
        Execute($"PRAGMA user_version={Format}");
        CheckpointWal();
    }

    /// <summary>Returns the structural errors that SQLite finds in the file; empty: none.</summary>
    public IReadOnlyList<string> CheckStructure()
    {
        const int mostShown = 3;
        var wrong = new List<string>();
        if (!HasExpectedTables)
            wrong.Add("the definition of a table is not as it was made");
        using var check = Prepare("PRAGMA quick_check(20)");
        var errors = new List<string>();
        while (check.Step())
            if (check.GetText(0) is { } said and not "ok")
                errors.AddRange(said.Split('\n').Where(line => !line.StartsWith("***", StringComparison.Ordinal)));
        if (errors.Count > 0)
            wrong.Add(
                $"its structure is damaged: {string.Join("; ", errors.Take(mostShown))}{(errors.Count > mostShown ? $"; and {errors.Count - mostShown} errors more" : "")}"
            );
        return wrong;
    }

    /// <exception cref="SqliteException">The file may only be read.</exception>
    public void CheckWritable() => Execute("BEGIN IMMEDIATE; COMMIT");

    public Statement Prepare(string sql) => new(Handle, sql);

    /// <summary>Returns a statement that lives as long as the file is open.</summary>
    public Statement Keep(string sql)
    {
        var statement = Prepare(sql);
        statements.Add(statement);
        return statement;
    }

    public void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Returns the beginning of the column <c>data</c> of a row, up to the first page that cannot be read.
    /// </summary>
    public byte[] ReadBeginning(string table, long id)
    {
        const int step = 512;
        if (raw.sqlite3_blob_open(Handle, "main", table, "data", id, 0, out var blob) != raw.SQLITE_OK)
            return [];
        using (blob)
        {
            var data = new byte[raw.sqlite3_blob_bytes(blob)];
            var read = 0;
            while (read < data.Length)
            {
                var part = data.AsSpan(read, Math.Min(step, data.Length - read));
                if (raw.sqlite3_blob_read(blob, part, read) != raw.SQLITE_OK)
                    break;
                read += part.Length;
            }
            return data[..read];
        }
    }

    public long ReadScalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetLong(0) : 0;
    }

    /// <summary>Sets whether the following commits wait for the disk.</summary>
    public void SetSync(bool on)
    {
        if (on == syncs)
            return;
        Execute(on ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        syncs = on;
    }

    /// <summary>Rolls back a transaction that failed, if it is still open.</summary>
    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(Handle) == 0)
            Execute("ROLLBACK");
    }

    /// <summary>Moves the content of the write-ahead log into the file, and empties the log.</summary>
    public void CheckpointWal() => Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    public void Dispose()
    {
        if (connection.State == System.Data.ConnectionState.Closed)
            return;
        foreach (var statement in statements)
            statement.Dispose();
        connection.Dispose();
    }
}
