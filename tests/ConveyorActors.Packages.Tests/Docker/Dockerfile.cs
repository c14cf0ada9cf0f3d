using System.Text.Json;
using System.Text.RegularExpressions;

namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>The Dockerfile of the repository, read far enough to check it without a container runtime.</summary>
static partial class Dockerfile
{
    public const string Path = "packaging/docker/Dockerfile";

    /// <summary>The stages that become images, with the project of the program in each.</summary>
    public static readonly (string Stage, string Project)[] Images = [("node", "Node"), ("serve", "Cli")];

    /// <summary>Gets all instructions, in order.</summary>
    public static IReadOnlyList<Instruction> Instructions { get; } = Read();

    /// <summary>Returns the instructions of a name in a stage.</summary>
    public static IEnumerable<Instruction> Of(string stage, string name) =>
        Instructions.Where(i => i.Stage == stage && i.Name == name);

    /// <summary>Returns the program and the arguments that a stage starts.</summary>
    public static string[] EntryOf(string stage) =>
        JsonSerializer.Deserialize<string[]>(Of(stage, "ENTRYPOINT").Single().Arguments)!;

    /// <summary>Returns the environment variables that a stage sets.</summary>
    public static Dictionary<string, string> VariablesOf(string stage) =>
        Of(stage, "ENV").SelectMany(i => i.Words).Select(w => w.Split('=', 2)).ToDictionary(w => w[0], w => w[1]);

    static List<Instruction> Read()
    {
        var text = Regex.Replace(Repository.Text(Path), @"\\\n\s*", " ");
        var (instructions, stage) = (new List<Instruction>(), "");
        foreach (var line in text.Split('\n').Where(l => l.Trim() != "" && !l.StartsWith('#')))
        {
            var parts = line.Split(' ', 2);
            if (parts[0] == "FROM")
                stage = StageName().Match(line).Groups["name"].Value;
            instructions.Add(new(stage, parts[0], parts[1].Trim()));
        }
        return instructions;
    }

    [GeneratedRegex(@" AS (?<name>[\w-]+)$")]
    private static partial Regex StageName();
}
