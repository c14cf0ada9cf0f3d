using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Reads JSON strictly: an unknown, missing, repeated or mistyped property adds an error with the file and the JSON
/// path.
/// </summary>
sealed class JsonShape(string file, InputErrors inputErrors)
{
    const string HalfPair =
        @"half of a surrogate pair; an escape from \ud800 to \udbff must be followed by one from \udc00 to \udfff";

    /// <summary>Calls the reader of each property that is present.</summary>
    public void ReadObject(
        JsonElement element,
        string path,
        string what,
        IReadOnlyDictionary<string, Action<JsonElement, string>> readers
    )
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            AddWrong(element, path, what);
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (FindText(() => property.Name) is not { } name)
            {
                inputErrors.Add(
                    $"{FormatPlace(path)} has the member {Printable.Sanitize(property.ToString())}, whose name has {HalfPair}"
                );
                continue;
            }
            var where = $"{path}.{name}";
            if (!readers.TryGetValue(name, out var read))
                inputErrors.Add(
                    $"{FormatPlace(where)} is not known; it must be one of {string.Join(", ", readers.Keys)}{Nearest.Guess(name, readers.Keys)}"
                );
            else if (!seen.Add(name))
                inputErrors.Add($"{FormatPlace(where)} is given twice; it must be given once");
            else
                read(property.Value, where);
        }
    }

    /// <summary>Calls the reader for each element.</summary>
    public void ReadArray(JsonElement element, string path, string what, Action<JsonElement, string> read)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            AddWrong(element, path, what);
            return;
        }

        var index = 0;
        foreach (var item in element.EnumerateArray())
            read(item, $"{path}[{index++}]");
    }

    public InputValue<T>? ReadValue<T>(JsonElement element, string path, ValueKind<T> kind)
    {
        var isRightType = element.ValueKind == (kind.IsNumber ? JsonValueKind.Number : JsonValueKind.String);
        if (!isRightType)
        {
            AddWrong(element, path, FormatRight(kind));
            return null;
        }
        if ((kind.IsNumber ? element.GetRawText() : FindText(element.GetString)) is not { } text)
        {
            inputErrors.Add($"{FormatPlace(path)} is {Printable.Sanitize(element.GetRawText())}, which has {HalfPair}");
            return null;
        }
        if (kind.TryRead(text, out var value))
            return new(value, FormatPlace(path), text);
        AddWrong(element, path, FormatRight(kind));
        return null;
    }

    public InputValue<bool>? ReadFlag(JsonElement element, string path)
    {
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return new(element.GetBoolean(), FormatPlace(path), element.GetRawText());
        AddWrong(element, path, "true or false");
        return null;
    }

    public void AddMissing(string path, string property, string right) =>
        inputErrors.Add($"{FormatPlace(path)} has no {property}; it must be {right}");

    public void AddWrong(JsonElement element, string path, string right) =>
        inputErrors.Add($"{FormatPlace(path)} is {Printable.Sanitize(element.GetRawText())}; it must be {right}");

    static string FormatRight<T>(ValueKind<T> kind) => kind.IsNumber ? kind.Right : $"a string with {kind.Right}";

    /// <summary>Returns a text of the document; null: it has an escape for half of a character.</summary>
    static string? FindText(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    string FormatPlace(string path) => $"{file}: {path}";
}
