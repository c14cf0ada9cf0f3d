using System.Data.Common;
using System.Globalization;

namespace ConveyorActors.Node.Journals;

/// <summary>The tables of a journal's database: those of Akka.Persistence.Sql, and one row with the version of the events in them.</summary>
sealed class JournalTables(DbConnection connection, JournalAddress journal)
{
    /// <summary>
    /// The version of what pipelines write to a journal. It goes up with a version of the program whose events an earlier one cannot read; every program reads the
    /// events of all earlier versions.
    /// </summary>
    public const int Version = 1;

    const string VersionTable = "conveyor_journal_version";

    static readonly Dictionary<string, string[]> Expected = new(StringComparer.Ordinal)
    {
        ["journal"] = ["ordering", "persistence_id", "sequence_number", "message", "manifest", "identifier", "deleted", "created"],
        ["snapshot"] = ["persistence_id", "sequence_number", "snapshot", "manifest", "serializer_id", "created"],
    };

    /// <exception cref="NodeException">The tables or the events are of another version.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        foreach (var (table, columns) in Expected)
        {
            var there = await ColumnsAsync(null, table, cancellation).ConfigureAwait(false);
            if (there.Count > 0 && columns.Except(there, StringComparer.OrdinalIgnoreCase).ToArray() is { Length: > 0 } missing)
                throw new NodeException(ExitCodes.JournalOfAnotherVersion,
                    $"the table '{table}' of the journal ({journal}) has no column {string.Join(", ", missing)}: another program, or another version of Akka.Persistence.Sql, made it; give the node a database of its own");
        }
        await CheckVersionAsync(cancellation).ConfigureAwait(false);
    }

    async Task CheckVersionAsync(CancellationToken cancellation)
    {
        // Nodes that start at the same time take turns. SQLite's transaction takes the write lock at once.
        var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (!journal.IsSqlite) await Sql.ExecuteAsync(connection, transaction, "select pg_advisory_xact_lock(7042)", cancellation).ConfigureAwait(false);
            if ((await ColumnsAsync(transaction, VersionTable, cancellation).ConfigureAwait(false)).Count == 0)
                await Sql.ExecuteAsync(connection, transaction, $"create table {VersionTable} (version integer not null)", cancellation).ConfigureAwait(false);
            var written = await Sql.TextsAsync(connection, transaction, $"select max(version) from {VersionTable} having count(*) > 0", cancellation).ConfigureAwait(false);
            if (written.Count == 0) await Sql.ExecuteAsync(connection, transaction, $"insert into {VersionTable} (version) values ({Version})", cancellation).ConfigureAwait(false);
            else if (!int.TryParse(written[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version > Version)
                throw new NodeException(ExitCodes.JournalOfAnotherVersion,
                    $"the journal ({journal}) is of version {written[0]}, and this program reads versions up to {Version}: start the program that wrote it, or a newer one");
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }
    }

    Task<IReadOnlyList<string>> ColumnsAsync(DbTransaction? transaction, string table, CancellationToken cancellation) => Sql.TextsAsync(
        connection, transaction,
        journal.IsSqlite ? $"select name from pragma_table_info('{table}')"
            : $"select column_name from information_schema.columns where table_schema = any (current_schemas(false)) and table_name = '{table}'",
        cancellation);
}
