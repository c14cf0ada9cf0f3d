using System.Data.Common;
using ConveyorActors.Cli.Usage;
using Npgsql;

namespace ConveyorActors.Node.Journals;

/// <summary>The address of the journal: <c>sqlite:FILE</c> or <c>postgres:CONNECTION</c>.</summary>
sealed record JournalAddress
{
    const string Sqlite = "sqlite:",
        Postgres = "postgres:",
        Right = "sqlite:FILE or postgres:CONNECTION, such as postgres:Host=db;Database=conveyor;Username=conveyor";

    JournalAddress(bool isSqlite, string connection, string shown) =>
        (IsSqlite, Connection, Shown) = (isSqlite, connection, shown);

    public bool IsSqlite { get; }

    /// <summary>Gets the path of the file; null: the journal is on a server.</summary>
    public string? File { get; private init; }

    /// <summary>Gets the connection string, with the password. It must not be printed.</summary>
    public string Connection { get; private init; }

    /// <summary>Gets the address without the password, for messages.</summary>
    public string Shown { get; }

    /// <summary>Gets the name of the provider, as Akka.Persistence.Sql knows it.</summary>
    public string Provider => IsSqlite ? "SQLite.MS" : "PostgreSQL.15";

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="where">The flag, variable or key that the address is from.</param>
    /// <param name="mayHavePassword">Whether a password is allowed, because other users cannot read that place.</param>
    /// <exception cref="FormatException">
    /// The address is wrong. The message names the place and what would be right, and never contains a password.
    /// </exception>
    public static JournalAddress Parse(string text, string where, bool mayHavePassword)
    {
        if (text.StartsWith(Sqlite, StringComparison.Ordinal))
            return ParseSqliteFile(text[Sqlite.Length..], where);
        if (text.StartsWith(Postgres, StringComparison.Ordinal))
            return ParseServer(text[Postgres.Length..], where, mayHavePassword);
        // The text after the kind may contain a password, so it is not part of the message.
        throw new FormatException(
            text.IndexOf(':', StringComparison.Ordinal) is > 0 and var end
                ? $"{where} begins with {Printable.Quote(text[..end])}; it must be {Right}"
                : $"{where} is {(text.Contains('=') ? "a connection string alone" : Printable.Quote(text))}; it must be {Right}"
        );
    }

    static JournalAddress ParseSqliteFile(string file, string where)
    {
        if (string.IsNullOrWhiteSpace(file) || file.Contains('\0'))
            throw new FormatException($"{where} names no file; it must be {Right}");
        var path = Path.GetFullPath(file);
        if (Directory.Exists(path))
            throw new FormatException(
                $"{where} is {Printable.Quote(file)}, a directory; it must be a file, such as sqlite:{Printable.Sanitize(Path.Combine(file, "journal.db"))}"
            );
        // A path may have characters that end a value, such as ';'.
        var connection = new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder { DataSource = path }.ToString();
        return new(true, connection, $"SQLite, {path}") { File = path };
    }

    static JournalAddress ParseServer(string connection, string where, bool mayHavePassword)
    {
        NpgsqlConnectionStringBuilder parts;
        try
        {
            parts = new(connection);
        }
        catch (ArgumentException wrong)
        {
            // The library's messages name a key and never its value.
            throw new FormatException(
                $"{where} is not a connection string of PostgreSQL: {Messages.FormatOneLine(wrong)}. It must be {Right}"
            );
        }
        if (string.IsNullOrEmpty(parts.Host))
            throw new FormatException($"{where} has no Host; it must be {Right}");
        if (parts.Password is not null && !mayHavePassword)
            throw new FormatException(
                $"{where} has a password, which other users can read there; leave it out and set CONVEYOR_NODE_JOURNAL_PASSWORD"
            );
        return new(
            false,
            parts.ConnectionString,
            $"PostgreSQL, database {parts.Database ?? parts.Username} on {parts.Host}:{parts.Port}"
        );
    }

    /// <summary>Returns the address with a password.</summary>
    public JournalAddress With(string? password) =>
        IsSqlite || string.IsNullOrEmpty(password)
            ? this
            : this with
            {
                Connection = new NpgsqlConnectionStringBuilder(Connection) { Password = password }.ConnectionString,
            };

    string WithoutPassword =>
        File ?? new NpgsqlConnectionStringBuilder(Connection) { Password = null }.ConnectionString;

    /// <summary>Gets the address as an argument, without a password.</summary>
    public string Argument => $"{(IsSqlite ? Sqlite : Postgres)}{WithoutPassword}";

    /// <summary>Returns a new connection that is not open yet.</summary>
    public DbConnection Connect() =>
        IsSqlite ? new Microsoft.Data.Sqlite.SqliteConnection(Connection) : new NpgsqlConnection(Connection);

    public override string ToString() => Shown;
}
