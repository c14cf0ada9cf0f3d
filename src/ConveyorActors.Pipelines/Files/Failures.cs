namespace ConveyorActors.Pipelines.Files;

/// <summary>Describes errors of the operating system in words.</summary>
static class Failures
{
    const int BrokenPipe = 32,
        NoSuchDevice = 6,
        TooManyFiles = 24,
        WindowsBrokenPipe = unchecked((int)0x8007006D),
        WindowsNoData = unchecked((int)0x800700E8);

    /// <summary>Returns whether the other end of a pipe was closed.</summary>
    public static bool IsBrokenPipe(IOException error) =>
        error.HResult is BrokenPipe or WindowsBrokenPipe or WindowsNoData;

    /// <summary>Returns whether an exception is an error of a file or the file system.</summary>
    public static bool IsFileError(Exception error) =>
        error is IOException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>Returns the name of a source in a sentence.</summary>
    public static string DescribeSource(string path) => path == "-" ? "standard input" : $"source '{path}'";

    /// <summary>Returns the name of a sink in a sentence.</summary>
    public static string DescribeSink(string path) => path == "-" ? "standard output" : $"sink '{path}'";

    /// <summary>Returns the reason why a path could not be opened, read or written, without the path.</summary>
    public static string DescribeReason(Exception error, string path) =>
        error switch
        {
            FileNotFoundException => "no such file",
            DirectoryNotFoundException => "no such directory",
            UnauthorizedAccessException => Directory.Exists(path) || Path.EndsInDirectorySeparator(path)
                ? "it is a directory"
                : "permission denied",
            IOException { HResult: NoSuchDevice } when FileId.Find(path) is { Kind: FileKind.Socket } =>
                "it is a socket",
            IOException { HResult: TooManyFiles } when Libc.OpenFileLimit is { } limit =>
                $"{TrimPath(error.Message)}; the limit (ulimit -n) is {limit}",
            _ => TrimPath(error.Message),
        };

    /// <summary>Returns the reason why a directory could not be created or opened, without the path.</summary>
    public static string DescribeDirectoryReason(Exception error, string path) =>
        error switch
        {
            // The file systems of the kernel, such as /proc, have no directory that is not in them already.
            FileNotFoundException or DirectoryNotFoundException => "the file system does not allow it",
            UnauthorizedAccessException => "permission denied",
            _ => DescribeReason(error, path),
        };

    static string TrimPath(string message)
    {
        // For example "No space left on device : '/mnt/out.txt'".
        var place = message.IndexOf(" : '", StringComparison.Ordinal);
        return (place < 0 ? message : message[..place]).TrimEnd('.');
    }
}
