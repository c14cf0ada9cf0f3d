using System.Diagnostics;
using System.IO.Compression;
using System.Security;
using System.Xml.Linq;

namespace ConveyorActors.Packages.Tests;

/// <summary>
/// All packages of the repository, packed once from what is built, in a folder with a NuGet configuration that adds
/// them to the machine's sources.
/// </summary>
public sealed class PackedRepository : IAsyncLifetime
{
    /// <summary>Gets the folder for new projects; it is not inside the repository.</summary>
    public string Work { get; } = Directory.CreateTempSubdirectory("conveyor-packages-").FullName;

    /// <summary>Gets the folder with the packages.</summary>
    public string Packed => Path.Combine(Work, "packed");

    /// <summary>
    /// Gets the folder that NuGet installs them in. The machine's own has no place for packages of unpublished
    /// versions.
    /// </summary>
    public string Installed => Path.Combine(Work, "installed");

    /// <summary>
    /// Gets the projects that are packages and are built here: those whose own packages no source has are not.
    /// </summary>
    public IReadOnlyList<string> Projects { get; } =
    [
        .. Directory
            .GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => !File.ReadAllText(project).Contains("<IsPackable>false", StringComparison.Ordinal))
            .Where(project => File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "obj", "project.assets.json")))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Gets the names of these packages.</summary>
    public IEnumerable<string> Names => Projects.Select(project => Path.GetFileNameWithoutExtension(project));

    /// <summary>Packs everything.</summary>
    public async Task InitializeAsync()
    {
        var projects = string.Join(
            '\n',
            Projects.Select(project => $"""<Project Include="{SecurityElement.Escape(project)}" />""")
        );
        File.WriteAllText(
            Path.Combine(Work, "pack.proj"),
            $"""
            <Project>
              <ItemGroup>{projects}</ItemGroup>
              <Target Name="Pack">
                <MSBuild Projects="@(Project)" Targets="Pack" BuildInParallel="true"
                  Properties="Configuration={Repository.Configuration};NoBuild=true;_IsPacking=true;MinVerVersionOverride={BuiltVersion()};PackageOutputPath={SecurityElement.Escape(
                Packed
            )}" />
              </Target>
            </Project>
            """
        );
        var machine =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(machine);
        Directory.CreateDirectory(Packed);
        // What the repository's own restore has downloaded is not downloaded again.
        File.WriteAllText(
            Path.Combine(Work, "nuget.config"),
            $"""
            <configuration>
              <packageSources><add key="packed" value="packed" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{SecurityElement.Escape(
                machine
            )}" /></fallbackPackageFolders>
            </configuration>
            """
        );
        var (exitCode, output) = await Command.RunAsync(
            "dotnet",
            Work,
            machine,
            "msbuild",
            "pack.proj",
            "-t:Pack",
            "-m",
            "-v:quiet",
            "-nologo"
        );
        Assert.True(exitCode == 0, output);
    }

    /// <summary>
    /// The version in the program's binary: a commit since the build would give the packages a later one.
    /// </summary>
    static string BuiltVersion()
    {
        var binary = Path.Combine(
            Repository.Root,
            "src",
            "ConveyorActors.Cli",
            "bin",
            Repository.Configuration,
            "net10.0",
            "conveyor.dll"
        );
        return FileVersionInfo.GetVersionInfo(binary).ProductVersion!.Split('+')[0];
    }

    /// <summary>Returns a package's file.</summary>
    public string FileOf(string name, string extension = ".nupkg") =>
        Assert.Single(
            Directory.GetFiles(Packed, $"{name}.*{extension}"),
            file => char.IsAsciiDigit(Path.GetFileName(file)[name.Length + 1])
        );

    /// <summary>Returns a package's version.</summary>
    public string VersionOf(string name) => Path.GetFileNameWithoutExtension(FileOf(name))[(name.Length + 1)..];

    /// <summary>Returns the metadata of a package, by element.</summary>
    public IReadOnlyDictionary<string, XElement> MetadataOf(string name)
    {
        using var package = ZipFile.OpenRead(FileOf(name));
        using var nuspec = package.GetEntry($"{name}.nuspec")!.Open();
        return XDocument
            .Load(nuspec)
            .Root!.Elements()
            .Single()
            .Elements()
            .ToDictionary(element => element.Name.LocalName);
    }

    /// <summary>Removes everything.</summary>
    public Task DisposeAsync()
    {
        Directory.Delete(Work, recursive: true);
        return Task.CompletedTask;
    }
}
