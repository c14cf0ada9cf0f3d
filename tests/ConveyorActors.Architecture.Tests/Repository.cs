using Mono.Cecil;

namespace ConveyorActors.Architecture.Tests;

/// <summary>The projects in src, as they are built.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Gets the names of all projects.</summary>
    public static IReadOnlyList<string> Projects { get; } =
    [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(folder => Path.GetFileName(folder))];

    /// <summary>Opens the assembly of a project; null: its packages cannot be had here, so it was not built.</summary>
    public static AssemblyDefinition? Open(string project)
    {
        var folder = Path.Combine(Root, "src", project, "bin", Configuration, "net10.0");
        string[] names = [$"{project}.dll", "conveyor.dll", "conveyor-node.dll"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } path
            ? AssemblyDefinition.ReadAssembly(path)
            : null;
    }

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No ConveyorActors.sln above {AppContext.BaseDirectory}.");
    }
}
