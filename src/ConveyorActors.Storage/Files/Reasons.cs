using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Files;

/// <summary>Why something about a file failed, in a few words.</summary>
static class Reasons
{
    const int Full = 13, CannotOpen = 14, ReadOnly = 8, InputOutput = 10, Corrupt = 11, NotADatabase = 26;

    public static string Of(Exception error) => error switch
    {
        SqliteException { SqliteErrorCode: Full } => "the disk is full",
        SqliteException { SqliteErrorCode: ReadOnly } => "it may only be read",
        SqliteException { SqliteErrorCode: CannotOpen } => "the file cannot be opened",
        SqliteException { SqliteErrorCode: InputOutput } => "the disk answered with an error",
        SqliteException { SqliteErrorCode: Corrupt } => "its structure is damaged",
        SqliteException { SqliteErrorCode: NotADatabase } => "its beginning is not that of a data file",
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException => "no such directory",
        _ => Plain(error.Message),
    };

    /// <summary>True when the file itself is wrong, and not what surrounds it.</summary>
    public static bool IsDamage(SqliteException error) => error.SqliteErrorCode is Corrupt or NotADatabase;

    static string Plain(string message)
    {
        var place = message.IndexOf(" : '", StringComparison.Ordinal);
        return (place < 0 ? message : message[..place]).TrimEnd('.');
    }
}
