namespace ConveyorActors.Cli.Usage;

delegate bool TryRead<T>(string text, out T value);

/// <summary>Specifies a kind of value: how it is parsed, and how errors describe a right value.</summary>
/// <param name="Right">The end of a sentence that begins with "it must be".</param>
/// <param name="TryRead">Parses a text; returns false if it is wrong.</param>
/// <param name="IsNumber">Whether a JSON file writes the value as a number instead of a string.</param>
sealed record ValueKind<T>(string Right, TryRead<T> TryRead, bool IsNumber = false)
{
    /// <summary>Returns how an error shows a wrong text; null: as it was given.</summary>
    public Func<string, string>? Show { get; init; }
}
