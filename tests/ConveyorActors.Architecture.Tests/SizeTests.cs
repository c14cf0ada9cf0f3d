using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ConveyorActors.Architecture.Tests;

/// <summary>What CONTRIBUTING.md says of the size of files and methods, and of types that are in several files.</summary>
public sealed class SizeTests
{
    const int MostLinesOfFile = 400,
        MostLinesOfMethod = 60;

    /// <summary>A suite that its implementers inherit as one class, with a file for each area.</summary>
    const string Suite = "BufferServiceContract";

    [Fact]
    public void No_file_has_more_than_400_lines() =>
        AssertShort(SourceFiles.All.Select(f => (f.Path, f.Lines)), MostLinesOfFile);

    [Fact]
    public void No_method_has_more_than_60_lines() =>
        AssertShort(
            SourceFiles.All.SelectMany(f => MethodsOf(f).Select(m => (NameOf(f, m), LinesOf(m)))),
            MostLinesOfMethod
        );

    [Fact]
    public void A_type_is_partial_only_for_a_source_generator_or_as_the_contract_suite() =>
        Assert.Empty(
            SourceFiles.All.SelectMany(file =>
                file.Syntax.DescendantNodes()
                    .OfType<TypeDeclarationSyntax>()
                    .Where(type =>
                        type.Modifiers.Any(SyntaxKind.PartialKeyword)
                        && !IsGenerated(type)
                        && type.Identifier.Text != Suite
                    )
                    .Select(type => $"{file.Path}: {type.Identifier.Text}")
            )
        );

    /// <summary>
    /// Returns whether a generator writes the rest of a type: a member has no body and an attribute, or the type lists
    /// what it serializes.
    /// </summary>
    static bool IsGenerated(TypeDeclarationSyntax type) =>
        type.AttributeLists.SelectMany(l => l.Attributes).Any(a => a.Name.ToString() == "JsonSerializable")
        || type.DescendantNodes()
            .OfType<MemberDeclarationSyntax>()
            .Any(m =>
                m is MethodDeclarationSyntax or PropertyDeclarationSyntax
                && m.Modifiers.Any(SyntaxKind.PartialKeyword)
                && m.AttributeLists.Count > 0
            );

    static void AssertShort(IEnumerable<(string Name, int Lines)> all, int most) =>
        Assert.Empty(all.Where(a => a.Lines > most).Select(a => $"{a.Name} has {a.Lines} lines; {most} are allowed"));

    static IEnumerable<SyntaxNode> MethodsOf(SourceFile file) =>
        file
            .Syntax.DescendantNodes()
            .Where(n => n is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax);

    static int LinesOf(SyntaxNode method)
    {
        var span = method.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    static string NameOf(SourceFile file, SyntaxNode method) =>
        $"{file.Path}: "
        + method switch
        {
            MethodDeclarationSyntax m => m.Identifier.Text,
            ConstructorDeclarationSyntax c => c.Identifier.Text,
            LocalFunctionStatementSyntax f => f.Identifier.Text,
            AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax p } => p.Identifier.Text,
            _ => method.Kind().ToString(),
        };
}
