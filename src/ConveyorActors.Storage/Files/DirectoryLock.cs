using System.Collections.Concurrent;
using System.Globalization;

namespace ConveyorActors.Storage.Files;

/// <summary>
/// Excludes every other process from a data directory while this process lives. The operating system releases the lock,
/// however the process ends.
/// </summary>
sealed class DirectoryLock : IDisposable
{
    public const string Name = "lock";

    /// <summary>
    /// The name of the file that names the process with the lock. It is separate from the lock, because on some systems
    /// a locked file cannot be read.
    /// </summary>
    public const string HolderName = "process";

    static readonly ConcurrentDictionary<string, bool> OpenHere = new(StringComparer.Ordinal);

    readonly FileStream file;
    readonly string path;

    /// <summary>
    /// Gets the sharing mode, which excludes every other process. On Windows the holder could not delete the file
    /// without sharing that; on other systems sharing anything would make the lock a shared one.
    /// </summary>
    static FileShare Share => OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    DirectoryLock(FileStream file, string path) => (this.file, this.path) = (file, path);

    /// <exception cref="StorageException">Another process has the directory, or the lock cannot be written.</exception>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.GetFullPath(Path.Combine(directory, Name));
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, Share);
            try
            {
                File.WriteAllText(
                    Path.Combine(directory, HolderName),
                    Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"
                );
            }
            catch (IOException e) when (Reasons.IsFull(e))
            {
                // The file is only information for people. Records in the directory can be delivered on a full disk as
                // well.
            }
            catch
            {
                file.Dispose();
                throw;
            }
            OpenHere[path] = true;
            return new(file, path);
        }
        // A process id alone would not do: processes in two containers may have the same.
        catch (IOException) when (OpenHere.ContainsKey(path))
        {
            throw new StorageException(
                StorageFailure.InUse,
                $"data directory '{directory}' is open in this process already; dispose what has opened it first, or use another directory"
            );
        }
        catch (IOException) when (IsTaken(path) && ReadHolder(Path.Combine(directory, HolderName)) is { } holder)
        {
            throw new StorageException(
                StorageFailure.InUse,
                $"data directory '{directory}' is in use by process {holder}; stop that process, or use another directory"
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                StorageFailure.CannotOpen,
                $"data directory '{directory}' cannot be written: {Reasons.Describe(e)}",
                e
            );
        }
    }

    static bool IsTaken(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return File.Exists(path);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    static string ReadHolder(string path)
    {
        try
        {
            return int.TryParse(
                File.ReadAllText(path).Trim(),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var id
            )
                ? id.ToString(CultureInfo.InvariantCulture)
                : "unknown";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }

    public void Dispose()
    {
        // Removed first: another thread may take the lock as soon as the file is closed.
        OpenHere.TryRemove(path, out _);
        file.Dispose();
    }
}
