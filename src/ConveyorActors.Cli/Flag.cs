using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli;

/// <summary>
/// An option whose value is parsed by this program instead of the library, so that all wrong values are reported in the
/// same way.
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

    /// <summary>Gets the end of a sentence that begins with "it must be".</summary>
    public string Right { get; }

    /// <summary>Gets whether each occurrence adds a value.</summary>
    public bool IsRepeatable => repeatable;

    /// <summary>Gets the value of a flag that is given without one; null: a value is required.</summary>
    public string? ValueIfNone { get; private init; }

    public static Flag CreateSingle(string name, string valueName, string description, string right) =>
        new(name, valueName, description, right, false);

    public static Flag CreateSingle<T>(string name, string valueName, string description, ValueKind<T> kind) =>
        CreateSingle(name, valueName, description, kind.Right);

    /// <summary>Creates a flag that may be given without a value.</summary>
    public static Flag CreateOptional<T>(
        string name,
        string valueName,
        string description,
        ValueKind<T> kind,
        string valueIfNone
    ) =>
        new(name, valueName, description, kind.Right, false)
        {
            ValueIfNone = valueIfNone,
            Arity = ArgumentArity.ZeroOrMore,
        };

    public static Flag CreateRepeatable(string name, string valueName, string description, string right) =>
        new(name, valueName, description, right, true);

    public string? GetText(ParseResult parsed) =>
        ValueIfNone is { } usual && parsed.GetResult(this) is { Implicit: false, Tokens.Count: 0 }
            ? usual
            : parsed.GetValue(this)?.LastOrDefault();

    public IReadOnlyList<string> GetTexts(ParseResult parsed) => parsed.GetValue(this) ?? [];

    /// <summary>Reads the value. If it is wrong, adds an error and returns null.</summary>
    public InputValue<T>? Read<T>(ParseResult parsed, ValueKind<T> kind, InputErrors inputErrors) =>
        inputErrors.Read(kind, Name, GetText(parsed));

    /// <summary>Reads all values. A wrong value adds an error and is left out.</summary>
    public IReadOnlyList<InputValue<T>> ReadAll<T>(ParseResult parsed, ValueKind<T> kind, InputErrors inputErrors) =>
        [.. GetTexts(parsed).Select(t => inputErrors.Read(kind, Name, t)).OfType<InputValue<T>>()];
}
