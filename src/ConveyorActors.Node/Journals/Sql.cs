using System.Data.Common;

namespace ConveyorActors.Node.Journals;

/// <summary>Executes SQL statements.</summary>
static class Sql
{
    public static async Task ExecuteAsync(
        DbConnection connection,
        DbTransaction? transaction,
        string statement,
        CancellationToken cancellationToken
    )
    {
        var command = CreateCommand(connection, transaction, statement);
        await using (command.ConfigureAwait(false))
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the first column of each row, as text.</summary>
    public static async Task<IReadOnlyList<string>> ReadTextsAsync(
        DbConnection connection,
        DbTransaction? transaction,
        string query,
        CancellationToken cancellationToken
    )
    {
        var command = CreateCommand(connection, transaction, query);
        await using (command.ConfigureAwait(false))
        {
            var rows = new List<string>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    rows.Add(Convert.ToString(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture)!);
            return rows;
        }
    }

    static DbCommand CreateCommand(DbConnection connection, DbTransaction? transaction, string statement)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (statement, transaction);
        return command;
    }
}
