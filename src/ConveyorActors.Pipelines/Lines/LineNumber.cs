using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ConveyorActors.Pipelines.Lines;

/// <summary>
/// The header "line" of a record without a position: the number of its line in its source, from 1. It takes less memory
/// than a dictionary, and every pending line of such a source has one.
/// </summary>
sealed class LineNumber(long value) : IReadOnlyDictionary<string, string>
{
    public const string Name = "line";

    public long Value => value;

    /// <summary>
    /// Returns the number of the line that a record was read from; null if the record is a result of a stage.
    /// </summary>
    /// <remarks>
    /// The position of a line contains its number, too. A record that was on disk has the number as text in a header of
    /// the same name.
    /// </remarks>
    public static long? Find(ConveyorRecord record) =>
        record.Position is { } position ? position.Number
        : record.Headers is LineNumber own ? own.Value
        : record.Headers.TryGetValue(Name, out var text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
        : null;

    string Text => value.ToString(CultureInfo.InvariantCulture);

    public int Count => 1;
    public IEnumerable<string> Keys => [Name];
    public IEnumerable<string> Values => [Text];
    public string this[string key] =>
        TryGetValue(key, out var text)
            ? text
            : throw new KeyNotFoundException($"A line has the header '{Name}' only, not '{key}'.");

    public bool ContainsKey(string key) => key == Name;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string text)
    {
        text = key == Name ? Text : null;
        return text is not null;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        yield return new(Name, Text);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
