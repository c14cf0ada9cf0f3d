using System.Text.RegularExpressions;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>What the README shows of the program is what the program does.</summary>
public partial class ReadmeTests : EndToEndTests
{
    [LinuxFact]
    public async Task The_example_of_the_readme_prints_the_output_shown_there()
    {
        // Commands begin with a dollar sign and go on after a backslash; the other lines are what they print.
        var script = new List<string>();
        var expected = new List<string>();
        foreach (var line in Block("console").Split('\n'))
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
                script.Add(line[2..]);
            else if (script.Count > 0 && script[^1].EndsWith('\\'))
                script[^1] = script[^1][..^1] + line.Trim();
            else
                expected.Add(Comparable(line));
        }

        string[] plain = ["export LC_ALL=C", .. script.Select(command => command + " 2>&1")];
        var result = await Conveyor.ScriptAsync(Folder, string.Join('\n', plain));

        Assert.Equal(3, script.Count(command => !command.StartsWith("seq", StringComparison.Ordinal)));
        // Of a run that takes its time there are lines of progress between, which the README leaves out.
        var printed = result.Lines.Where(line => !Progress().IsMatch(line)).Select(Comparable);
        Assert.Equal(expected, printed);
    }

    [Fact]
    public void The_pipeline_file_of_the_readme_is_valid()
    {
        var inputErrors = new InputErrors();
        var draft = PipelineFile.Parse("nightly.json", Block("json"), inputErrors);
        Assert.Empty(inputErrors.All);
        Assert.Equal((2, 2, "out.txt"), (draft.Sources.Count, draft.Stages.Count, draft.Sink?.Value));
    }

    /// <summary>
    /// Without what differs from run to run and from machine to machine: times, the sizes of batches, and the quotation
    /// marks of the language.
    /// </summary>
    static string Comparable(string line) =>
        Quotes().Replace(Batches().Replace(Times().Replace(line, "TIME"), "COMMANDS"), "'");

    [GeneratedRegex(@"[\d,]+ commands of [\d,]+ lines? on average")]
    private static partial Regex Batches();

    static string Block(string language)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var readme = Path.Combine(folder.FullName, "README.md");
            if (!File.Exists(readme))
                continue;
            var text = File.ReadAllText(readme).Replace("\r\n", "\n", StringComparison.Ordinal);
            return Regex
                .Match(text, $"^```{language}\n(.*?)\n```", RegexOptions.Multiline | RegexOptions.Singleline)
                .Groups[1]
                .Value;
        }

        throw new FileNotFoundException("README.md is in no folder above the tests");
    }

    [GeneratedRegex(@"in [\d.:,]+ (ms|s|min|m|h)\b|""at"":""[^""]*""")]
    private static partial Regex Times();

    [GeneratedRegex("[‘’'`]")]
    private static partial Regex Quotes();

    [GeneratedRegex(@"^ *[\d.]+ (ms|s): read ")]
    private static partial Regex Progress();
}
