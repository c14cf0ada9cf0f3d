using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli;

/// <summary>
/// An option whose text is read by us and not by the library, so that every wrong value is answered in the same way.
/// </summary>
sealed class Flag : Option<string[]>
{
    readonly bool repeatable;

    Flag(string name, string valueName, string description, string right, bool repeatable)
        : base(name)
    {
        this.repeatable = repeatable;
        HelpName = valueName;
        Description = description;
        Right = right;
        Arity = ArgumentArity.OneOrMore;
    }

    /// <summary>Completes "it must be ...".</summary>
    public string Right { get; }

    /// <summary>True when each occurrence adds a value.</summary>
    public bool IsRepeatable => repeatable;

    public static Flag One(string name, string valueName, string description, string right) =>
        new(name, valueName, description, right, false);

    public static Flag One<T>(string name, string valueName, string description, ValueKind<T> kind) =>
        One(name, valueName, description, kind.Right);

    public static Flag Many(string name, string valueName, string description, string right) =>
        new(name, valueName, description, right, true);

    public string? Text(ParseResult parsed) => parsed.GetValue(this)?.LastOrDefault();

    public IReadOnlyList<string> Texts(ParseResult parsed) => parsed.GetValue(this) ?? [];
}
