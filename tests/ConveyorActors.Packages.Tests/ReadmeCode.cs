using System.Text.RegularExpressions;

namespace ConveyorActors.Packages.Tests;

/// <summary>The code of the READMEs, made into programs.</summary>
static partial class ReadmeCode
{
    /// <summary>
    /// Returns the program that the packages' own README shows, and what it says that the program prints.
    /// </summary>
    public static (string Code, string Output) OfPackages(string readme) =>
        (Blocks(readme, "csharp").First(), Blocks(readme, "text").First());

    /// <summary>
    /// Returns a program that runs the code of the packages' own README when it is told "quick-start", and otherwise
    /// the blocks of the repository's README that stand by themselves. Then it prints how many there are.
    /// </summary>
    /// <param name="quickStart">The code of the packages' README.</param>
    /// <param name="readme">The text of the repository's README.</param>
    /// <param name="withAkka">Whether to take the blocks that need Akka.NET, too.</param>
    public static string Program(string quickStart, string readme, bool withAkka)
    {
        var lines = quickStart.Split('\n');
        var quickUsings = lines
            .TakeWhile(line => line == "" || line.StartsWith("using ", StringComparison.Ordinal))
            .ToList();
        var blocks = Blocks(readme, "csharp").ToList();
        var usings = blocks
            .Where(IsUsings)
            .Where(block => withAkka || !block.Contains("Akka", StringComparison.Ordinal))
            .SelectMany(block => block.Split('\n'))
            .Concat(quickUsings)
            .Where(line => line != "");
        var code = blocks
            .Where(block => !IsUsings(block))
            .Where(StandsAlone)
            .Select(block => $"{{\n{block}\n}}")
            .ToList();
        if (withAkka)
        {
            var actors = blocks.Single(block => block.StartsWith("ConveyorSystem conveyor", StringComparison.Ordinal));
            var sink = blocks.Single(block => block.Contains("BufferSink.ForStage", StringComparison.Ordinal));
            code.Add(
                $$"""
                {
                string[] lines = ["a", "b", "c"];
                using ActorSystem system = ActorSystem.Create("readme");
                {{actors}}
                {{sink}}
                await system.Terminate();
                }
                """
            );
            usings = usings.Append("using ConveyorActors.Actors;");
        }
        return $$"""
            {{string.Join('\n', usings.Distinct())}}

            if (args is ["quick-start"])
            {
            {{string.Join('\n', lines.Skip(quickUsings.Count))}}
            return;
            }
            {{string.Join('\n', code)}}
            Console.WriteLine("{{code.Count}} blocks");
            """;
    }

    /// <summary>Whether a block creates all it needs.</summary>
    static bool StandsAlone(string block) =>
        block.Contains("await using var manager = new", StringComparison.Ordinal)
        || block.Contains("await using IBufferService service = new", StringComparison.Ordinal);

    static bool IsUsings(string block) =>
        block
            .Split('\n')
            .All(line =>
                line == ""
                || line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('=', StringComparison.Ordinal)
            );

    /// <summary>Returns the blocks of a document that are in a language, in order.</summary>
    public static IEnumerable<string> Blocks(string text, string language) =>
        Block()
            .Matches(text)
            .Where(m => m.Groups["language"].Value == language)
            .Select(m => m.Groups["code"].Value.Trim('\n'));

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
