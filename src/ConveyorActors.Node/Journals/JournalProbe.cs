using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace ConveyorActors.Node.Journals;

/// <summary>
/// Checks the journal's database before the node starts: it must be reachable and writable, its tables must be those of
/// Akka.Persistence.Sql, and its events must be of a version that this program can read.
/// </summary>
sealed class JournalProbe(JournalAddress journal, TimeProvider clock)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Checks the database repeatedly until it can be used, up to a given time.</summary>
    /// <exception cref="NodeException">
    /// The database cannot be used, or its tables or events are of another version.
    /// </exception>
    public async Task CheckAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await CheckOnceAsync(timeout - clock.GetElapsedTime(began), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception failure)
                when (failure
                        is DbException
                            or IOException
                            or UnauthorizedAccessException
                            or TimeoutException
                            or InvalidOperationException
                )
            {
                if (failure is SqliteException { SqliteErrorCode: 26 or 11 }) // SQLITE_NOTADB, SQLITE_CORRUPT
                    throw new NodeException(
                        ExitCodes.JournalOfAnotherVersion,
                        $"the journal ({journal}) is not a SQLite database: {DescribeReason(failure)}",
                        failure
                    );
                if (IsPermanent(failure) || clock.GetElapsedTime(began) >= timeout)
                    throw new NodeException(
                        ExitCodes.JournalOutOfReach,
                        $"the journal ({journal}) cannot be used: {DescribeReason(failure)}",
                        failure
                    );
            }
            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns whether a failure is permanent. A server that is starting becomes reachable; a wrong password or a
    /// missing directory stays wrong.
    /// </summary>
    static bool IsPermanent(Exception failure) =>
        failure switch
        {
            PostgresException refused => !refused.IsTransient && refused.SqlState is not "57P03", // cannot_connect_now
            SqliteException { SqliteErrorCode: 5 or 6 } => false, // SQLITE_BUSY, SQLITE_LOCKED
            SqliteException or IOException or UnauthorizedAccessException => true,
            _ => false,
        };

    static string DescribeReason(Exception failure) =>
        failure switch
        {
            PostgresException refused => $"{refused.MessageText} ({refused.SqlState})",
            _ => Messages.FormatOneLine(failure),
        };

    async Task CheckOnceAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (journal.File is { } path)
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = journal.Connect();
        await using (connection.ConfigureAwait(false))
        {
            if (connection is SqliteConnection file)
                file.DefaultTimeout = (int)Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 1, 30); // longest lock wait
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (journal.IsSqlite)
            {
                // In this mode readers and the writer do not block each other. It is stored in the file: no connection
                // string can set it.
                if (
                    await Sql.ReadTextsAsync(connection, null, "PRAGMA journal_mode", cancellationToken)
                        .ConfigureAwait(false)
                    is not ["wal"]
                )
                    await Sql.ExecuteAsync(connection, null, "PRAGMA journal_mode = WAL", cancellationToken)
                        .ConfigureAwait(false);
            }
            await new JournalTables(connection, journal).CheckAsync(cancellationToken).ConfigureAwait(false);
            await CheckWritableAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Begins a write transaction without changes. It fails while another program has the database locked, and if the
    /// database is read-only.
    /// </summary>
    static async Task CheckWritableAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await Sql.ExecuteAsync(connection, transaction, "delete from journal where 1 = 0", cancellationToken)
                .ConfigureAwait(false);
            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
