using System.Text.RegularExpressions;

namespace ConveyorActors.Packages.Tests;

/// <summary>What a repository has besides code, and what its parts say about each other.</summary>
public sealed partial class RepositoryTests
{
    [Fact]
    public void The_build_scripts_have_the_same_verbs() =>
        Assert.Equal(
            Usage("build.sh"),
            Usage("build.ps1").Select(line => line.Replace("build.ps1", "build.sh", StringComparison.Ordinal))
        );

    [Fact]
    public void The_workflows_call_verbs_that_the_build_scripts_have()
    {
        var verbs = Usage("build.sh")
            .Select(line => Verb().Match(line))
            .Where(m => m.Success)
            .Select(m => m.Groups["verb"].Value)
            .ToHashSet();
        var workflows = Directory.GetFiles(Path.Combine(Repository.Root, ".github", "workflows"), "*.yml");
        var called = workflows
            .SelectMany(file => Call().Matches(File.ReadAllText(file)))
            .Select(m => m.Groups["verb"].Value)
            .ToList();

        Assert.Contains("test", called);
        Assert.Contains("pack", called);
        Assert.Contains("docs", called);
        Assert.Empty(called.Except(verbs));
    }

    [Fact]
    public void The_site_of_the_documentation_has_every_library_and_every_page()
    {
        var configuration = Repository.Text("packaging/docfx.json");
        var libraries = Directory
            .GetDirectories(Path.Combine(Repository.Root, "src"))
            .Select(folder => Path.GetFileName(folder))
            .Where(name => File.Exists(Path.Combine(Repository.Root, "src", name, "PublicAPI.Shipped.txt")))
            .Select(name => $"\"{name}/bin/Release/net10.0/{name}.dll\"")
            .ToList();
        Assert.NotEmpty(libraries);
        Assert.All(libraries, file => Assert.Contains(file, configuration, StringComparison.Ordinal));

        var contents = Repository.Text("packaging/toc.yml");
        var pages = Directory
            .GetFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Select(page => Path.GetFileName(page))
            .Where(page => page != "index.md");
        Assert.All(pages, page => Assert.Contains($"href: ../docs/{page}\n", contents, StringComparison.Ordinal));
    }

    [Fact]
    public void The_licence_is_the_one_that_the_packages_name()
    {
        var licence = Repository.Text("LICENSE");
        Assert.Contains(
            "Apache License\n                           Version 2.0, January 2004",
            licence,
            StringComparison.Ordinal
        );
        Assert.Contains("END OF TERMS AND CONDITIONS", licence, StringComparison.Ordinal);
        Assert.Contains(
            "<PackageLicenseExpression>Apache-2.0<",
            Repository.Text("Directory.Build.props"),
            StringComparison.Ordinal
        );
    }

    /// <summary>The lines of a script's help.</summary>
    static IEnumerable<string> Usage(string script)
    {
        var text = Repository.Text(script);
        var start = text.IndexOf("usage: ./", StringComparison.Ordinal);
        return text[start..text.IndexOf("\n  help ", start, StringComparison.Ordinal)].Split('\n');
    }

    [GeneratedRegex("^  (?<verb>[a-z]+) ")]
    private static partial Regex Verb();

    [GeneratedRegex(@"\./build\.(?:sh|ps1) (?<verb>[a-z]+)")]
    private static partial Regex Call();
}
