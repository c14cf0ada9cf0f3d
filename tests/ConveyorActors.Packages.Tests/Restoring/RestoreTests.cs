namespace ConveyorActors.Packages.Tests.Restoring;

/// <summary>That the versions which were tested are those which restore, wherever the repository is cloned.</summary>
public sealed class RestoreTests : IDisposable
{
    const string LockFile = "packages.lock.json";

    readonly ProjectFiles clone = new();

    public void Dispose() => clone.Dispose();

    [Fact]
    public async Task A_fresh_clone_restores_offline_from_the_cache_with_its_lock_files()
    {
        Assert.Equal([], clone.Projects.Where(NeedsLockFile).Where(project => !File.Exists(LockFileOf(project))));

        var (exitCode, output) = await clone.RestoreAsync();

        Assert.True(exitCode == 0, output);
        Assert.All(
            clone.Projects,
            project =>
                Assert.True(
                    File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "obj", "project.assets.json")),
                    $"{project} is not restored: {output}"
                )
        );
    }

    [Fact]
    public async Task Another_package_without_a_new_lock_file_is_refused()
    {
        var project = clone.Projects.Single(path => Path.GetFileName(path) == "ConveyorActors.Storage.csproj");
        var text = File.ReadAllText(project);
        File.WriteAllText(
            project,
            text.Replace(
                "</Project>",
                """<ItemGroup><PackageReference Include="Akka" /></ItemGroup></Project>""",
                StringComparison.Ordinal
            )
        );

        var (exitCode, output) = await clone.RestoreAsync();

        Assert.NotEqual(0, exitCode);
        Assert.Contains("ConveyorActors.Storage.csproj : error NU1004", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_package_has_one_exact_version() =>
        Assert.DoesNotMatch("Version=\"[^\"]*[*,]", Repository.Text("Directory.Packages.props"));

    static bool NeedsLockFile(string project) =>
        !File.ReadAllText(project).Contains("<RestorePackagesWithLockFile>false<", StringComparison.Ordinal);

    static string LockFileOf(string project) => Path.Combine(Path.GetDirectoryName(project)!, LockFile);
}
