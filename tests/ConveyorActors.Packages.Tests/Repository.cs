using System.Text.RegularExpressions;

namespace ConveyorActors.Packages.Tests;

/// <summary>The repository that the tests were built in.</summary>
static class Repository
{
    /// <summary>Gets the folder with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Gets the configuration that the tests were built in: Release, or Debug in an editor.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Returns the text of a file, with newlines as on Unix.</summary>
    public static string Text(string path) =>
        File.ReadAllText(Path.Combine(Root, path)).Replace("\r\n", "\n", StringComparison.Ordinal);

    /// <summary>Returns the version of a package that the repository is built with.</summary>
    public static string VersionOf(string package) =>
        Regex
            .Match(
                Text("Directory.Packages.props"),
                $"Include=\"{Regex.Escape(package)}\" Version=\"(?<version>[^\"]+)\""
            )
            .Groups["version"]
            .Value;

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                return folder.FullName;
        throw new InvalidOperationException(
            $"No ConveyorActors.sln above {AppContext.BaseDirectory}: the tests are not run inside the repository."
        );
    }
}
