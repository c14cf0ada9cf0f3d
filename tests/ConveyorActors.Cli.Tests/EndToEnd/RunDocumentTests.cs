using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The commands of docs/Run.md, run in their order, and what they print.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class RunDocumentTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("conveyor-run-document-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [LinuxFact]
    public async Task The_commands_print_the_output_shown_in_the_document()
    {
        var examples = Examples().Where(e => !NeedsJq(e.Command)).ToList();
        Assert.True(examples.Count > 15, $"only {examples.Count} commands were found in docs/Run.md");
        await AssertPrintedAsync(examples);
    }

    [JqFact]
    public async Task The_commands_with_jq_print_the_output_shown_in_the_document()
    {
        var examples = Examples();
        var last = examples.FindLastIndex(e => NeedsJq(e.Command));
        Assert.True(last > 0, "no command with jq was found in docs/Run.md");
        await AssertPrintedAsync(examples[..(last + 1)]);
    }

    async Task AssertPrintedAsync(IReadOnlyList<(string Command, string Output)> examples)
    {
        // A program of its own on the path: a function of the shell could not be killed by its process id.
        var programs = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
        File.WriteAllText(Path.Combine(programs, "conveyor"), "#!/bin/sh\nexec \"$PROGRAM\" \"$@\"\n");
        File.SetUnixFileMode(Path.Combine(programs, "conveyor"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;

        // What each command prints ends with a byte that none of them writes.
        var script = string.Concat(examples.Select(example => $"{example.Command}\nprintf '\\036'\n"));
        var run = await Conveyor.ScriptAsync(
            work,
            $"unset -f conveyor; export PROGRAM; PATH='{programs}':$PATH; exec 2>&1\n{script}"
        );

        // Of a run that takes its time there are lines of progress, which the document leaves out.
        var outputs = Progress().Replace(run.Text, "").Split('\u001e');
        for (var i = 0; i < examples.Count; i++)
        {
            var (command, expected) = examples[i];
            var pattern = Regex.Escape(expected).Replace("…", ".*", StringComparison.Ordinal);
            var actual = i < outputs.Length ? outputs[i] : "(the script ended before)";
            Assert.True(Regex.IsMatch(actual, $"^{pattern}$"), $"$ {command}\nprinted\n{actual}\nand not\n{expected}");
        }
    }

    static bool NeedsJq(string command) => command.StartsWith("jq ", StringComparison.Ordinal);

    static List<(string Command, string Output)> Examples() =>
        [.. Example().Matches(Document()).SelectMany(e => Commands(e.Groups["text"].Value))];

    static IEnumerable<(string Command, string Output)> Commands(string example) =>
        CommandLine().Matches(example).Select(c => (c.Groups["command"].Value, c.Groups["output"].Value));

    static string Document()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "ConveyorActors.sln")))
            root =
                root.Parent
                ?? throw new InvalidOperationException($"No ConveyorActors.sln above {AppContext.BaseDirectory}.");
        return File.ReadAllText(Path.Combine(root.FullName, "docs", "Run.md"));
    }

    [GeneratedRegex(@"^```console\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"(?<=^|\u001e)[0-9][^\n]*: read [^\n]*\n", RegexOptions.Multiline)]
    private static partial Regex Progress();

    [GeneratedRegex(@"^\$ (?<command>.*)\n(?<output>(?:(?!\$ ).*\n)*)", RegexOptions.Multiline)]
    private static partial Regex CommandLine();
}
