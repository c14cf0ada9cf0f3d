using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ConveyorActors.Architecture.Tests;

/// <summary>A C# file in src, by its path from there.</summary>
sealed record SourceFile(string Path, int Lines, CompilationUnitSyntax Syntax);

/// <summary>The C# files in src, without what a build writes there.</summary>
static class SourceFiles
{
    static readonly string Folder = Path.Combine(Repository.Root, "src");

    public static IReadOnlyList<SourceFile> All { get; } =
    [
        .. Directory
            .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Full: path, Own: Path.GetRelativePath(Folder, path).Replace('\\', '/')))
            .Where(path => !path.Own.Split('/').Any(part => part is "bin" or "obj"))
            .OrderBy(path => path.Own, StringComparer.Ordinal)
            .Select(path => Parse(path.Own, File.ReadAllText(path.Full))),
    ];

    static SourceFile Parse(string path, string text) =>
        new(
            path,
            text.TrimEnd('\n').Split('\n').Length,
            (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(text).GetRoot()
        );
}
