using System.Text.Json;

namespace ConveyorActors.Packages.Tests.Restoring;

/// <summary>
/// The files that restoring reads, copied from the repository, and of the projects those that were restored there:
/// the packages of the others may be in no source.
/// </summary>
sealed class ProjectFiles : IDisposable
{
    const string Solution = "ConveyorActors.sln";

    static readonly string[] Read = ["*.csproj", "*.props", "PublicAPI.*.txt", "packages.lock.json"];
    static readonly string[] Folders = ["src", "tests", "samples"];

    readonly string root = Directory.CreateTempSubdirectory("conveyor-restore-").FullName;

    public ProjectFiles()
    {
        foreach (var file in Directory.GetFiles(Repository.Root, "*.props"))
            Copy(file);
        Copy(Path.Combine(Repository.Root, "global.json"));
        Copy(Path.Combine(Repository.Root, Solution));
        foreach (var folder in Folders.Select(name => Path.Combine(Repository.Root, name)))
        foreach (var project in Directory.GetDirectories(folder).Prepend(folder))
        foreach (var file in Read.SelectMany(pattern => Directory.GetFiles(project, pattern)))
            Copy(file);
        Directory.CreateDirectory(Path.Combine(root, ".git")); // a clone: versions are counted from its tags
        Projects =
        [
            .. Folders
                .SelectMany(name =>
                    Directory.GetFiles(Path.Combine(root, name), "*.csproj", SearchOption.AllDirectories)
                )
                .Where(IsRestoredInRepository)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Gets the project files.</summary>
    public IReadOnlyList<string> Projects { get; }

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>Restores all projects as CI does, from the machine's package cache and from no source.</summary>
    public async Task<(int ExitCode, string Output)> RestoreAsync()
    {
        Write("nuget.config", "<configuration><packageSources><clear /></packageSources></configuration>");
        var projects = Projects.Select(project => Path.GetRelativePath(root, project).Replace('\\', '/'));
        Write("restored.slnf", JsonSerializer.Serialize(new { solution = new { path = Solution, projects } }));
        return await Command.RunAsync(
            "dotnet",
            root,
            Cache(),
            "restore",
            "restored.slnf",
            "-p:CI=true;NuGetAudit=false"
        );
    }

    static string Cache() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    bool IsRestoredInRepository(string project)
    {
        var folder = Path.GetDirectoryName(Path.GetRelativePath(root, project))!;
        var outcome = new FileInfo(Path.Combine(Repository.Root, folder, "obj", "project.nuget.cache"));
        return outcome.Exists
            && File.ReadAllText(outcome.FullName).Contains("\"success\": true", StringComparison.Ordinal);
    }

    void Copy(string file)
    {
        var copy = Path.Combine(root, Path.GetRelativePath(Repository.Root, file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
    }

    void Write(string name, string text) => File.WriteAllText(Path.Combine(root, name), text);
}
