using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Reads JSON strictly: an unknown, missing, repeated or mistyped property adds an error with the file and the JSON
/// path.
/// </summary>
sealed class JsonShape(string file, InputErrors inputErrors)
{
    /// <summary>Calls the reader of each property that is present.</summary>
    public void Object(
        JsonElement element,
        string path,
        string what,
        IReadOnlyDictionary<string, Action<JsonElement, string>> readers
    )
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            Wrong(element, path, what);
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var where = $"{path}.{property.Name}";
            if (!readers.TryGetValue(property.Name, out var read))
                inputErrors.Add(
                    $"{At(where)} is not known; it must be one of {string.Join(", ", readers.Keys)}{Nearest.Guess(property.Name, readers.Keys)}"
                );
            else if (!seen.Add(property.Name))
                inputErrors.Add($"{At(where)} is given twice; it must be given once");
            else
                read(property.Value, where);
        }
    }

    /// <summary>Calls the reader for each element.</summary>
    public void Array(JsonElement element, string path, string what, Action<JsonElement, string> read)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            Wrong(element, path, what);
            return;
        }

        var index = 0;
        foreach (var item in element.EnumerateArray())
            read(item, $"{path}[{index++}]");
    }

    public InputValue<T>? Value<T>(JsonElement element, string path, ValueKind<T> kind)
    {
        var isRightType = element.ValueKind == (kind.IsNumber ? JsonValueKind.Number : JsonValueKind.String);
        var text =
            kind.IsNumber ? element.GetRawText()
            : isRightType ? element.GetString()!
            : "";
        if (isRightType && kind.TryRead(text, out var value))
            return new(value, At(path), text);
        Wrong(element, path, kind.IsNumber ? kind.Right : $"a string with {kind.Right}");
        return null;
    }

    public InputValue<bool>? Flag(JsonElement element, string path)
    {
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return new(element.GetBoolean(), At(path), element.GetRawText());
        Wrong(element, path, "true or false");
        return null;
    }

    public void Missing(string path, string property, string right) =>
        inputErrors.Add($"{At(path)} has no {property}; it must be {right}");

    public void Wrong(JsonElement element, string path, string right) =>
        inputErrors.Add($"{At(path)} is {Printable.Text(element.GetRawText())}; it must be {right}");

    string At(string path) => $"{file}: {path}";
}
