namespace ConveyorActors.Cli.Usage;

/// <summary>Collects all errors in the user's input, so that they are reported together.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class InputErrors
{
    readonly List<string> all = [];

    public IReadOnlyList<string> All => all;

    public bool Any => all.Count > 0;

    public void Add(string complaint) => all.Add(complaint);

    /// <summary>Adds an error in the usual form: the place, the given value, and what would be right.</summary>
    public void AddWrong(string where, string given, string right) =>
        all.Add($"{where} is {Printable.Quote(given)}; it must be {right}");

    /// <summary>Reads a value. If it is wrong, adds an error and returns null.</summary>
    public InputValue<T>? Read<T>(ValueKind<T> kind, string where, string? text)
    {
        if (text is null)
            return null;
        if (kind.TryRead(text, out var value))
            return new(value, where, text);
        AddWrong(where, kind.Show?.Invoke(text) ?? text, kind.Right);
        return null;
    }
}
