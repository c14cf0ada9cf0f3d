using System.Globalization;

namespace ConveyorActors.Hosting.Options;

/// <summary>The errors found while options were read from a configuration.</summary>
sealed class BindingErrors
{
    readonly List<string> sentences = [];
    readonly List<(string Key, string Text, object Nearest)> overflows = [];

    /// <summary>Gets a sentence for each wrong key or value other than numbers that are too large for their type.</summary>
    public IReadOnlyList<string> Sentences => sentences;

    /// <summary>Adds a sentence that names the key, its value and what would be right.</summary>
    public void Add(string sentence) => sentences.Add(sentence);

    /// <summary>
    /// Adds a whole number that is too large for the type of its option. The option itself has the nearest number of
    /// the type, so that its own range refuses it.
    /// </summary>
    /// <param name="key">The key of the option.</param>
    /// <param name="text">The number as it was written.</param>
    /// <param name="nearest">The value of the option: the least or the greatest number of its type.</param>
    public void AddOverflow(string key, string text, object nearest) => overflows.Add((key, text, nearest));

    /// <summary>Makes the errors of validated options show numbers that are too large as they were written.</summary>
    /// <param name="errors">The errors. Receives a sentence for each number that no range has refused.</param>
    public void ShowOverflows(List<string> errors)
    {
        var culture = CultureInfo.InvariantCulture;
        foreach (var (key, text, nearest) in overflows)
        {
            var start = string.Create(culture, $"{key} is {nearest};");
            var at = errors.FindIndex(error => error.StartsWith(start, StringComparison.Ordinal));
            if (at >= 0)
                errors[at] = $"{key} is {text};{errors[at][start.Length..]}";
            else
                errors.Add(
                    string.Create(
                        culture,
                        $"{key} is {text}; it must be {(text.StartsWith('-') ? "at least" : "at most")} {nearest:N0}."
                    )
                );
        }
    }
}
