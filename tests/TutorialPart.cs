using System.Text.RegularExpressions;

namespace ConveyorActors.Tests;

/// <summary>One part of docs/Tutorial.md: a program that grows from step to step, and what it prints.</summary>
/// <param name="Heading">The heading of the part.</param>
/// <param name="Packages">The packages that the part adds to the project.</param>
/// <param name="Steps">
/// The program after each step, with what it prints when it is run with the given arguments. Runs of one step share a
/// directory.
/// </param>
sealed partial record TutorialPart(
    string Heading,
    IReadOnlyList<string> Packages,
    IReadOnlyList<(string Code, IReadOnlyList<(string[] Arguments, string Output)> Runs)> Steps
)
{
    /// <summary>Returns the parts of the tutorial that have a program, in order.</summary>
    /// <param name="tutorial">The text of docs/Tutorial.md.</param>
    public static IReadOnlyList<TutorialPart> Read(string tutorial) =>
        [
            .. tutorial
                .Replace("\r\n", "\n", StringComparison.Ordinal)
                .Split("\n## ")
                .Skip(1)
                .Select(ReadPart)
                .Where(part => part.Steps.Count > 0 || part.Packages.Count > 0),
        ];

    static TutorialPart ReadPart(string text)
    {
        var steps = new List<(string, IReadOnlyList<(string[], string)>)>();
        var (code, printed) = ("", "");
        foreach (Match block in Block().Matches(text))
        {
            var content = block.Groups["content"].Value;
            switch (block.Groups["language"].Value)
            {
                case "csharp":
                    code += content + "\n";
                    break;
                case "text":
                    printed += content;
                    steps.Add((code, [([], printed)]));
                    break;
                case "console":
                    steps.Add((code, [.. Run().Matches(content).Select(ReadRun)]));
                    break;
            }
        }
        return new(
            text.Split('\n')[0],
            [.. Package().Matches(text).Select(added => added.Groups["name"].Value)],
            steps
        );
    }

    static (string[] Arguments, string Output) ReadRun(Match run) =>
        (run.Groups["arguments"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries), run.Groups["output"].Value);

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<content>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\$ dotnet run(?<arguments>.*)\n(?<output>(?:[^$].*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Run();

    [GeneratedRegex(@"^    dotnet add package (?<name>\S+)", RegexOptions.Multiline)]
    private static partial Regex Package();
}
