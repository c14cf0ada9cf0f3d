using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ConveyorActors.Hosting.Tests.Docs;

/// <summary>The programs of docs/Tutorial.md, compiled and run after each step, and their output.</summary>
public sealed class TutorialTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>What a new console project has without saying so.</summary>
    const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    [Theory]
    [InlineData("Part 1: offer, lease, settle", 5)]
    [InlineData("Part 2: a restart", 1)]
    [InlineData("Part 3: in a host", 1)]
    public async Task A_part_of_the_tutorial_prints_the_output_on_the_page(string heading, int steps)
    {
        var part = Assert.Single(TutorialPart.Read(Tutorial()), part => part.Heading == heading);
        Assert.Equal(steps, part.Steps.Count);
        foreach (var (code, runs) in part.Steps)
        {
            Assert.NotEmpty(runs);
            var folder = Directory.CreateTempSubdirectory("conveyor-tutorial-");
            // The program runs in the folder of the assemblies that it refers to: the output folder of these tests.
            var program = Path.Combine(AppContext.BaseDirectory, $"tutorial-{Guid.NewGuid():N}.dll");
            try
            {
                Compile(code, program);
                foreach (var (arguments, expected) in runs)
                    Assert.Equal(expected, await RunAsync(program, arguments, folder.FullName));
            }
            finally
            {
                folder.Delete(recursive: true);
                File.Delete(program);
            }
        }
    }

    static async Task<string> RunAsync(string program, string[] arguments, string folder)
    {
        var tests = Path.Combine(AppContext.BaseDirectory, typeof(TutorialTests).Assembly.GetName().Name!);
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "exec",
                "--runtimeconfig",
                $"{tests}.runtimeconfig.json",
                "--depsfile",
                $"{tests}.deps.json",
                program,
                .. arguments,
            ]
        )
        {
            WorkingDirectory = folder,
        };
        var (_, output) = await ProcessOutput.ReadAsync(start, Patience);
        return output;
    }

    /// <summary>Compiles a program as a new console project does; a warning is an error.</summary>
    static void Compile(string code, string program)
    {
        var parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(program),
            [CSharpSyntaxTree.ParseText(ImplicitUsings, parsing), CSharpSyntaxTree.ParseText(code, parsing)],
            References,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable,
                generalDiagnosticOption: ReportDiagnostic.Error
            )
        );
        var result = compilation.Emit(program);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics) + "\n" + code);
    }

    static string Tutorial()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
            folder =
                folder.Parent
                ?? throw new InvalidOperationException($"No ConveyorActors.sln above {AppContext.BaseDirectory}.");
        return File.ReadAllText(Path.Combine(folder.FullName, "docs", "Tutorial.md"));
    }
}
