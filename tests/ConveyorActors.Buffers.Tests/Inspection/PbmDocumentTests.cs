using System.Text.RegularExpressions;
using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Buffers.Tests.Inspection;

/// <summary>docs/Pbm.md shows what the command core prints.</summary>
public sealed partial class PbmDocumentTests : InspectedShop
{
    const string Prompt = "$ pbm conveyor ";

    [Fact]
    public async Task The_examples_for_pbm_print_the_output_shown_in_the_document()
    {
        var core = new InspectionCore(Service);
        var examples = Example()
            .Matches((await File.ReadAllTextAsync(DocumentPath())).ReplaceLineEndings("\n"))
            .Select(m => m.Groups["text"].Value)
            .ToArray();
        Assert.True(examples.Length > 10);
        foreach (var example in examples)
        {
            var command = example.Split('\n')[0];
            var words = command[Prompt.Length..].Split(' ');
            var given = words.Skip(1).Chunk(2).Select(pair => (pair[0], (string?)pair[1])).ToArray();
            Assert.Equal(example, $"{command}\n{(await core.RunAsync(words[0], given)).Text}");
        }
    }

    [Fact]
    public async Task The_table_of_commands_names_every_command_and_argument()
    {
        var rows = (await File.ReadAllLinesAsync(DocumentPath()))
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .ToArray();
        foreach (var command in InspectionCore.Commands)
        {
            var row = Assert.Single(rows, r => r.Split('|')[1].Contains($"`{command.Name}`", StringComparison.Ordinal));
            foreach (var argument in command.Arguments)
                Assert.Contains($"`{argument.Name.ToLowerInvariant()}`", row, StringComparison.Ordinal);
        }
    }

    static string DocumentPath()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ConveyorActors.sln")))
            folder = folder.Parent;
        return Path.Combine(folder.FullName, "docs", "Pbm.md");
    }

    [GeneratedRegex(@"^```text\n(?<text>\$ pbm conveyor .*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();
}
