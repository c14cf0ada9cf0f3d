namespace ConveyorActors.Pipelines.Files;

/// <summary>What the file system knows of a file, apart from its bytes.</summary>
static class FileFacts
{
    /// <summary>See <see cref="FileId.Number(string)"/>.</summary>
    public static string? Number(string path) => FileId.Number(path);

    /// <summary>False for a pipe, a device and the like; true where that cannot be told.</summary>
    public static bool IsRegular(string path) => FileId.Of(path) is null or { Kind: FileKind.Regular };

    /// <summary>True for a named pipe, where that can be told.</summary>
    public static bool IsPipe(string path) => FileId.Of(path) is { Kind: FileKind.Pipe };

    /// <summary>False when this user may not read it.</summary>
    public static bool MayRead(string path)
    {
        const int read = 4;
        return !OperatingSystem.IsLinux() || Libc.Access(path, read) == 0;
    }
}
