namespace ConveyorActors.Storage.Tests;

/// <summary>A directory that is gone after the test.</summary>
sealed class TempDirectory : IDisposable
{
    public TempDirectory() => Path = Directory.CreateTempSubdirectory("conveyor-store-").FullName;

    TempDirectory(string path) => Path = Directory.CreateDirectory(path).FullName;

    public string Path { get; }

    /// <summary>One in memory where the system has such a place.</summary>
    public static TempDirectory Fast()
    {
        const string memory = "/dev/shm";
        return Directory.Exists(memory)
            ? new(System.IO.Path.Combine(memory, $"conveyor-store-{Guid.NewGuid():N}"))
            : new();
    }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
