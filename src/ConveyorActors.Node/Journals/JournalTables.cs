using System.Data.Common;
using System.Globalization;

namespace ConveyorActors.Node.Journals;

/// <summary>
/// The tables of a journal's database: those of Akka.Persistence.Sql, and one row with the version of the events in
/// them.
/// </summary>
sealed class JournalTables(DbConnection connection, JournalAddress journal)
{
    /// <summary>
    /// The version of the events that pipelines write to a journal. It increases when an earlier version of the program
    /// could not read the events; every program reads the events of all earlier versions.
    /// </summary>
    public const int Version = 1;

    const string VersionTable = "conveyor_journal_version",
        VersionColumn = "version";

    /// <summary>Checks the tables, and creates missing ones.</summary>
    /// <exception cref="NodeException">The tables or the events are of another version.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        // Most starts only read, which does not wait for a writer.
        if (await IsCompleteAsync(null, cancellationToken).ConfigureAwait(false))
            return;
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // Nodes that start at the same time do this one after the other. A transaction of SQLite holds the write
            // lock from its beginning.
            if (!journal.IsSqlite)
                await Sql.ExecuteAsync(connection, transaction, "select pg_advisory_xact_lock(7042)", cancellationToken)
                    .ConfigureAwait(false);
            if (!await IsCompleteAsync(transaction, cancellationToken).ConfigureAwait(false))
            {
                foreach (var table in JournalSchema.Columns.Keys)
                    if (!await HasAsync(transaction, table, cancellationToken).ConfigureAwait(false))
                        await Sql.ExecuteAsync(
                                connection,
                                transaction,
                                JournalSchema.GetStatements(table, journal.IsSqlite),
                                cancellationToken
                            )
                            .ConfigureAwait(false);
                if (!await HasAsync(transaction, VersionTable, cancellationToken).ConfigureAwait(false))
                    await Sql.ExecuteAsync(
                            connection,
                            transaction,
                            $"create table {VersionTable} (version integer not null)",
                            cancellationToken
                        )
                        .ConfigureAwait(false);
                if (await ReadVersionAsync(transaction, cancellationToken).ConfigureAwait(false) is null)
                    await Sql.ExecuteAsync(
                            connection,
                            transaction,
                            $"insert into {VersionTable} (version) values ({Version})",
                            cancellationToken
                        )
                        .ConfigureAwait(false);
            }
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns whether all tables and the version exist.</summary>
    async Task<bool> IsCompleteAsync(DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var isComplete = true;
        foreach (var (table, columns) in JournalSchema.Columns)
        {
            var there = await ReadColumnsAsync(transaction, table, cancellationToken).ConfigureAwait(false);
            isComplete &= there.Count > 0;
            if (
                there.Count > 0
                && columns.Except(there, StringComparer.OrdinalIgnoreCase).ToArray() is { Length: > 0 } missing
            )
                throw CreateForeignException(table, missing);
        }
        var version = await ReadColumnsAsync(transaction, VersionTable, cancellationToken).ConfigureAwait(false);
        if (version.Count == 0)
            return false;
        if (!version.Contains(VersionColumn, StringComparer.OrdinalIgnoreCase))
            throw CreateForeignException(VersionTable, [VersionColumn]);
        return await ReadVersionAsync(transaction, cancellationToken).ConfigureAwait(false) is not null && isComplete;
    }

    NodeException CreateForeignException(string table, IEnumerable<string> missing) =>
        new(
            ExitCodes.JournalOfAnotherVersion,
            $"the table '{table}' of the journal ({journal}) has no column {string.Join(", ", missing)}: another program, or another version of Akka.Persistence.Sql, created it; give the node its own database"
        );

    async Task<int?> ReadVersionAsync(DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var written = await Sql.ReadTextsAsync(
                connection,
                transaction,
                $"select max(version) from {VersionTable} having count(*) > 0",
                cancellationToken
            )
            .ConfigureAwait(false);
        if (written.Count == 0)
            return null;
        return
            int.TryParse(written[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            && version <= Version
            ? version
            : throw new NodeException(
                ExitCodes.JournalOfAnotherVersion,
                $"the journal ({journal}) has version {written[0]}, but this program reads versions up to {Version}: start the program that wrote it, or a newer one"
            );
    }

    async Task<bool> HasAsync(DbTransaction? transaction, string table, CancellationToken cancellationToken) =>
        (await ReadColumnsAsync(transaction, table, cancellationToken).ConfigureAwait(false)).Count > 0;

    Task<IReadOnlyList<string>> ReadColumnsAsync(
        DbTransaction? transaction,
        string table,
        CancellationToken cancellationToken
    ) =>
        Sql.ReadTextsAsync(
            connection,
            transaction,
            journal.IsSqlite
                ? $"select name from pragma_table_info('{table}')"
                : $"select column_name from information_schema.columns where table_schema = any (current_schemas(false)) and table_name = '{table}'",
            cancellationToken
        );
}
