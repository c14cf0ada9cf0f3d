using System.Globalization;

namespace ConveyorActors.Storage.Files;

/// <summary>Keeps every other process out of a data directory for as long as this one lives. The operating system lets go of it, however the process ends.</summary>
sealed class DirectoryLock : IDisposable
{
    public const string Name = "lock";

    readonly FileStream file;

    DirectoryLock(FileStream file) => this.file = file;

    /// <exception cref="StorageException">Another process has the directory, or the lock cannot be written.</exception>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, Name);
        try
        {
            // Elsewhere than on Windows sharing nothing is an advisory lock, which whoever only wants to read the number can pass by.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush();
            return new(file);
        }
        catch (IOException) when (File.Exists(path) && Holder(path) is { } holder)
        {
            throw new StorageException(StorageFailure.InUse, $"data directory '{directory}' is in use by process {holder}; stop that process, or use another directory");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageFailure.CannotOpen, $"data directory '{directory}' cannot be written: {Reasons.Of(e)}", e);
        }
    }

    static string? Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            var text = reader.ReadLine();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id.ToString(CultureInfo.InvariantCulture) : "unknown";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => file.Dispose();
}
