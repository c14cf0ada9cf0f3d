using System.CommandLine;

namespace ConveyorActors.Node.Arguments;

/// <summary>A flag with a value, and the environment variable that it overrides.</summary>
sealed class NodeFlag : Option<string[]>
{
    NodeFlag(string name, string valueName, string description, bool isRepeatable)
        : base(name)
    {
        IsRepeatable = isRepeatable;
        Variable = $"CONVEYOR_NODE{name[1..].ToUpperInvariant().Replace('-', '_')}{(isRepeatable ? "S" : "")}";
        HelpName = valueName;
        Description = $"{description} [{Variable}]";
        Arity = ArgumentArity.OneOrMore;
    }

    /// <summary>
    /// Gets whether each occurrence adds a value. In the environment variable the values are separated by commas.
    /// </summary>
    public bool IsRepeatable { get; }

    public string Variable { get; }

    public static NodeFlag Create(string name, string valueName, string description) =>
        new(name, valueName, description, isRepeatable: false);

    public static NodeFlag CreateRepeatable(string name, string valueName, string description) =>
        new(name, valueName, description, isRepeatable: true);

    /// <summary>
    /// Returns the values, each with its origin: the flag if it is given, otherwise the environment variable.
    /// </summary>
    public IReadOnlyList<(string Where, string Text)> Read(ParseResult parsed, Func<string, string?> environment)
    {
        if (parsed.GetValue(this) is { Length: > 0 } given)
            return [.. given.Select(text => (Name, text))];
        if (environment(Variable) is not { Length: > 0 } value)
            return [];
        return IsRepeatable
            ?
            [
                .. value
                    .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select(text => (Variable, text)),
            ]
            : [(Variable, value)];
    }
}
