using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ConveyorActors.Architecture.Tests;

/// <summary>What CONTRIBUTING.md says of tests that need Unix: an attribute says so, and skips them on Windows.</summary>
public sealed class PlatformTests
{
    /// <summary>A folder in which each test runs shell commands.</summary>
    const string Runs = "ConveyorActors.Pipelines.Tests/Runs/";

    /// <summary>What a test that is meant to run on Windows does not have in it.</summary>
    static readonly string[] Unix =
    [
        "/bin/sh",
        "\"/dev/null\"",
        "\"/dev/full\"",
        "\"/dev/zero\"",
        "\"/proc/",
        "\"mkfifo\"",
        "CreateSymbolicLink(",
        "SetUnixFileMode(",
        "ScriptAsync(",
        ".Signal(\"",
        "if (!OperatingSystem.IsLinux())",
        "if (OperatingSystem.IsWindows())",
    ];

    [Fact]
    public void A_test_that_needs_Unix_has_an_attribute() =>
        Assert.Empty(
            from file in TestFiles()
            from method in file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
            where IsForEverySystem(method)
            let found = file.Path.StartsWith(Runs, StringComparison.Ordinal)
                ? "a shell command"
                : Found(method.ToString())
            where found is not null
            select $"{file.Path}: {method.Identifier.Text} has {found}: it must be a UnixFact or a LinuxFact"
        );

    static string? Found(string method) => Array.Find(Unix, mark => method.Contains(mark, StringComparison.Ordinal));

    static bool IsForEverySystem(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(l => l.Attributes).Any(a => a.Name.ToString() is "Fact" or "Theory");

    static IEnumerable<SourceFile> TestFiles()
    {
        var folder = Path.Combine(Repository.Root, "tests");
        return Directory
            .EnumerateFiles(folder, "*Tests.cs", SearchOption.AllDirectories)
            .Select(path => (Full: path, Own: Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(path => !path.Own.Contains("/obj/", StringComparison.Ordinal))
            .Where(path => Path.GetFileName(path.Own) != "PlatformTests.cs")
            .Select(path => new SourceFile(
                path.Own,
                0,
                (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(File.ReadAllText(path.Full)).GetRoot()
            ));
    }
}
