using System.Security.Cryptography;
using System.Text;

namespace ConveyorActors.Storage.Files;

/// <summary>The names of the files that a data directory consists of.</summary>
static class OwnFiles
{
    const string SinkPrefix = "sink-";

    static readonly string[] Names =
    [
        DataFile.Name,
        DataFile.Name + "-wal",
        DataFile.Name + "-shm",
        Replacement.Unfinished,
        Replacement.Ready,
        LastWritten.Name,
        DirectoryLock.Name,
        DirectoryLock.HolderName,
    ];

    /// <summary>Returns whether a file is, or would be, one of a data directory's own files.</summary>
    public static bool Contains(string directory, string file) =>
        Contains(
            directory,
            file,
            OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
                ? StringComparison.OrdinalIgnoreCase
                : StringComparison.Ordinal
        );

    /// <param name="directory">The data directory.</param>
    /// <param name="file">The file.</param>
    /// <param name="comparison">How the system compares names of files.</param>
    internal static bool Contains(string directory, string file, StringComparison comparison)
    {
        file = Path.GetFullPath(file);
        var name = Path.GetFileName(file);
        return (Names.Any(own => own.Equals(name, comparison)) || name.StartsWith(SinkPrefix, comparison))
            && string.Equals(
                Path.GetDirectoryName(file),
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)),
                comparison
            );
    }

    /// <summary>Returns the data directory's own files that exist.</summary>
    public static IEnumerable<string> Find(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory).Where(f => Contains(directory, f)) : [];

    /// <summary>
    /// Returns the path of the file that holds the plan of a pipeline's next write to its sink.
    /// </summary>
    public static string GetSinkFile(string directory, string pipeline)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(LosslessText.Escape(pipeline)));
        return Path.Combine(directory, SinkPrefix + Convert.ToHexString(hash.AsSpan(0, 4)));
    }
}
