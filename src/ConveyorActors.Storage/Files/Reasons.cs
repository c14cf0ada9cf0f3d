using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Files;

/// <summary>Formats the reasons of file errors in a few words.</summary>
static class Reasons
{
    const int Denied = 3,
        Busy = 5,
        Locked = 6,
        NoMemory = 7,
        ReadOnly = 8,
        Interrupted = 9,
        InputOutput = 10,
        Corrupt = 11,
        Full = 13,
        CannotOpen = 14,
        NotADatabase = 26,
        ShortRead = InputOutput | 2 << 8;

    /// <summary>
    /// The error codes of a full disk: ENOSPC and EDQUOT of Linux and of macOS, ERROR_HANDLE_DISK_FULL and
    /// ERROR_DISK_FULL of Windows.
    /// </summary>
    static readonly int[] full =
        OperatingSystem.IsWindows() ? [unchecked((int)0x80070027), unchecked((int)0x80070070)]
        : OperatingSystem.IsMacOS() ? [28, 69]
        : [28, 122];

    public static string Describe(Exception error) =>
        error switch
        {
            _ when IsFull(error) => "the disk is full",
            SqliteException { SqliteErrorCode: ReadOnly } => "the data file may only be read",
            SqliteException { SqliteErrorCode: CannotOpen } => "the file cannot be opened",
            SqliteException { SqliteExtendedErrorCode: ShortRead } => "the file is shorter than it was",
            SqliteException { SqliteErrorCode: InputOutput } => "the disk reported an error",
            SqliteException { SqliteErrorCode: Corrupt } => "its structure is damaged",
            SqliteException { SqliteErrorCode: NotADatabase } => "its beginning is not that of a data file",
            SqliteException other when IsDamage(other) => "a table is not as it should be",
            UnauthorizedAccessException => "permission denied",
            DirectoryNotFoundException => "no such directory",
            _ => TrimPath(error.Message),
        };

    public static bool IsFull(Exception error) =>
        error is SqliteException { SqliteErrorCode: Full } || error is IOException && full.Contains(error.HResult);

    /// <summary>
    /// Returns whether an error means that the file itself is damaged, and not its environment. All statements are
    /// constant and were valid for the file that was created, so any other error is damage.
    /// </summary>
    public static bool IsDamage(SqliteException error) =>
        error.SqliteExtendedErrorCode == ShortRead
        || error.SqliteErrorCode
            is not (
                Denied
                or Busy
                or Locked
                or NoMemory
                or ReadOnly
                or Interrupted
                or InputOutput
                or Full
                or CannotOpen
            );

    /// <summary>Returns whether an error says nothing about the file, because there was too little memory.</summary>
    public static bool IsShortOfMemory(SqliteException error) => error.SqliteErrorCode == NoMemory;

    static string TrimPath(string message)
    {
        var place = message.IndexOf(" : '", StringComparison.Ordinal);
        return (place < 0 ? message : message[..place]).TrimEnd('.');
    }
}
