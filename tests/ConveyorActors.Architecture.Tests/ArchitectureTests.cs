using System.Text.RegularExpressions;

namespace ConveyorActors.Architecture.Tests;

/// <summary>What CONTRIBUTING.md says of the structure: references point inwards, and folders do not use each other in circles.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>The projects that each project may refer to, directly or not.</summary>
    static readonly Dictionary<string, string[]> Inside = new()
    {
        ["Buffers"] = [],
        ["Storage"] = ["Buffers"],
        ["Pipelines"] = ["Buffers"],
        ["Http"] = ["Buffers"],
        ["Cli"] = ["Buffers", "Storage", "Pipelines", "Http"],
        ["Hosting"] = ["Buffers", "Storage"],
        ["Actors"] = ["Buffers"],
        ["Streams"] = ["Buffers"],
        ["Testing"] = ["Buffers"],
        ["Persistence"] = ["Buffers", "Actors"],
        ["Cluster"] = ["Buffers", "Actors", "Persistence"],
        ["AkkaHosting"] = ["Buffers", "Storage", "Hosting", "Actors", "Persistence", "Cluster"],
        ["Pbm"] = ["Buffers", "Actors"],
        ["Node"] = ["Buffers", "Actors", "Persistence", "Cluster", "Pbm"],
    };

    /// <summary>Namespaces of code that another program has written the other part of.</summary>
    static readonly string[] Generated = ["ConveyorActors.Actors.Wire.Proto"];

    public static TheoryData<string> Projects() => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_projects_of_inner_layers(string project)
    {
        using var assembly = Repository.Open(project);
        if (assembly is null)
            return;
        var allowed = Inside[project["ConveyorActors.".Length..]].Select(name => $"ConveyorActors.{name}");
        var referred = assembly
            .MainModule.AssemblyReferences.Select(r => r.Name)
            .Where(n => n.StartsWith("ConveyorActors", StringComparison.Ordinal));
        Assert.Empty(referred.Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_projects_around_the_engine_know_Akka(string project)
    {
        using var assembly = Repository.Open(project);
        if (assembly is null)
            return;
        string[] without = ["Buffers", "Storage", "Pipelines", "Http", "Cli", "Hosting", "Testing"];
        if (without.Contains(project["ConveyorActors.".Length..]))
            Assert.DoesNotContain(
                assembly.MainModule.AssemblyReferences,
                r => r.Name.StartsWith("Akka", StringComparison.Ordinal)
            );
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_folders_of_a_project_do_not_use_each_other_in_circles(string project)
    {
        using var assembly = Repository.Open(project);
        if (assembly is null)
            return;
        var cycle = new NamespaceGraph(assembly, project).FindCycle();
        Assert.True(cycle is null, $"{project}: {cycle}");
    }

    [Fact]
    public void The_namespace_of_a_file_is_its_folder()
    {
        var source = Path.Combine(Repository.Root, "src");
        foreach (var path in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath(source, path))!
                .Replace(Path.DirectorySeparatorChar, '.');
            if (
                BuildFolder().IsMatch(folder)
                || Namespace().Match(File.ReadAllText(path)) is not { Success: true } match
            )
                continue;
            var name = match.Groups["name"].Value;
            Assert.True(name == folder || Generated.Contains(name), $"{path} is in the namespace {name}");
        }
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\.(bin|obj)(\.|$)")]
    private static partial Regex BuildFolder();
}
