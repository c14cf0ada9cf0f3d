using System.Text.RegularExpressions;
using Akka.Configuration;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Settings;

/// <summary>The reference file as its readers see it: as text.</summary>
public partial class ReferenceFileTests
{
    [Fact]
    public void Every_key_has_a_comment_right_before_it()
    {
        var keys = Keys();
        Assert.True(keys.Count > 40, $"Only {keys.Count} keys were found.");
        Assert.All(
            keys,
            key => Assert.True(key.Comment.Length > 0, $"Line {key.Line}, {key.Path}, has no comment line before it.")
        );
    }

    [Fact]
    public void Every_comment_has_the_same_range_as_the_refusal()
    {
        var values = Keys()
            .Where(key => key.IsValue && !key.Path.Contains("-dispatcher.", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(63, values.Count);
        Assert.All(
            values,
            key =>
            {
                var comment = Parentheses().Replace(key.Comment, "").ToLowerInvariant();
                foreach (var part in RightValues(key.Path))
                    Assert.Contains(part, comment, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public void The_example_in_the_comments_can_be_read()
    {
        var lines = Text()
            .Split('\n')
            .Select(line => line.Trim())
            .SkipWhile(line => line != "#   pipelines {")
            .TakeWhile(line => line.StartsWith("#   ", StringComparison.Ordinal));
        var settings = ConveyorSettings.FromConfig(
            $"conveyor {{\n{string.Join('\n', lines.Select(line => line[1..]))}\n}}"
        );
        Assert.Equal(500_000, settings.GetPipeline("orders").Buffers.MaxTotalRecords);
        Assert.Equal(10, settings.GetPipeline("orders").Stages["send mail"].MaxRetries);
        Assert.Equal(TimeSpan.FromMinutes(1), settings.GetPipeline("orders").Stages["send mail"].LeaseTimeout);
    }

    /// <summary>What the refusal of a wrong value says would be right, in the words a comment uses.</summary>
    static string[] RightValues(string path)
    {
        var refusal = Assert
            .Throws<ConfigurationException>(() => ConveyorSettings.FromConfig($"{path} = \"\""))
            .Message;
        var must = Example()
            .Replace(refusal[(refusal.IndexOf("must be ", StringComparison.Ordinal) + "must be ".Length)..^1], "")
            .ToLowerInvariant();
        return [.. Kind().Split(must).Where(part => part.Length > 0)];
    }

    static List<(string Path, string Comment, int Line, bool IsValue)> Keys()
    {
        var (keys, open, comment, number) = (new List<(string, string, int, bool)>(), new Stack<string>(), "", 0);
        foreach (var line in Text().Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.StartsWith('#'))
            {
                comment += " " + line[1..].Trim();
                continue;
            }
            if (Key().Match(line) is { Success: true } key)
            {
                keys.Add(
                    (
                        string.Join('.', open.Reverse().Append(key.Groups["key"].Value)),
                        comment,
                        number,
                        line.Contains('=', StringComparison.Ordinal)
                    )
                );
                if (line.EndsWith('{'))
                    open.Push(key.Groups["key"].Value);
            }
            if (line == "}")
                open.Pop();
            comment = "";
        }
        Assert.Empty(open);
        return keys;
    }

    static string Text()
    {
        using var stream = typeof(ConveyorSettings).Assembly.GetManifestResourceStream("ConveyorActors.conveyor.conf");
        using var reader = new StreamReader(stream!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^(?<key>[\w-]+)\s*[={]")]
    private static partial Regex Key();

    [GeneratedRegex(@" \([^)]*\)")]
    private static partial Regex Parentheses();

    [GeneratedRegex(", such as .*")]
    private static partial Regex Example();

    [GeneratedRegex(", | or |a whole number |a number |a duration ")]
    private static partial Regex Kind();
}
