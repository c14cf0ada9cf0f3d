namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>A folder that is deleted at the end of a test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("conveyor-docker-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
