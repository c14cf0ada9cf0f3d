namespace ConveyorActors.Pipelines.Files;

/// <summary>Answers questions about a file apart from its content.</summary>
static class FileFacts
{
    /// <summary>Returns the number of a file, see <see cref="FileId.FindNumber(string)"/>.</summary>
    public static string? FindNumber(string path) => FileId.FindNumber(path);

    /// <summary>
    /// Returns false for a pipe, a device and the like; true for a regular file, or if its kind is not known.
    /// </summary>
    public static bool IsRegular(string path) => FileId.Find(path) is null or { Kind: FileKind.Regular };

    /// <summary>Returns whether a path is known to be a named pipe.</summary>
    public static bool IsPipe(string path) => FileId.Find(path) is { Kind: FileKind.Pipe };

    /// <summary>Returns whether this user may read the file.</summary>
    public static bool CanRead(string path)
    {
        const int read = 4;
        return !OperatingSystem.IsLinux() || Libc.Access(path, read) == 0;
    }
}
