namespace ConveyorActors.Cli.Usage;

/// <summary>
/// Everything that is wrong with what the user asked for, so that it is said at once and not one error per try.
/// </summary>
/// <remarks>Not safe for several threads.</remarks>
sealed class InputErrors
{
    readonly List<string> all = [];

    public IReadOnlyList<string> All => all;

    public bool Any => all.Count > 0;

    public void Add(string complaint) => all.Add(complaint);

    /// <summary>The form of nearly every complaint: where, what was given, what would be right.</summary>
    public void Wrong(string where, string given, string right) =>
        all.Add($"{where} is {Printable.Quoted(given)}; it must be {right}");

    /// <summary>Reads a value; a wrong one is complained about and null.</summary>
    public InputValue<T>? Read<T>(ValueKind<T> kind, string where, string? text)
    {
        if (text is null)
            return null;
        if (kind.TryRead(text, out var value))
            return new(value, where, text);
        Wrong(where, text, kind.Right);
        return null;
    }
}
