using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Reads a record in JSON with its metadata, <c>{"id", "key", "headers", "eventTime"}</c>, and its payload as
/// <c>text</c>, <c>base64</c> or <c>json</c>.
/// </summary>
static class WrappedRecord
{
    const string Members = "id, key, headers, eventTime, text, base64 or json";

    /// <exception cref="JsonException">The bytes are not valid JSON.</exception>
    /// <exception cref="FormatException">The JSON is not a record; the message has the reason.</exception>
    public static ConveyorRecord Read(ReadOnlyMemory<byte> json, IReadOnlyDictionary<string, string>? headers)
    {
        if (!Utf8.IsValid(json.Span))
            throw new FormatException("it has bytes that are not UTF-8");
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException(
                $"it is {JsonText.DescribeValue(ref reader)}; with body=records it must be an object"
            );
        string id = "",
            payloadName = "";
        string? key = null;
        DateTimeOffset? eventTime = null;
        ReadOnlyMemory<byte> payload = default;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadText(ref reader, "a member's name");
            if (!seen.Add(name))
                throw new FormatException($"'{HttpProblem.Sanitize(name)}' is given twice; it must be given once");
            reader.Read();
            switch (name)
            {
                case "id":
                    id = ReadTextOrNull(ref reader, name) ?? "";
                    break;
                case "key":
                    key = ReadTextOrNull(ref reader, name);
                    break;
                case "headers":
                    headers = ReadHeaders(ref reader, headers);
                    break;
                case "eventTime":
                    eventTime = ReadTime(ref reader);
                    break;
                case "text" or "base64" or "json":
                    if (payloadName.Length > 0)
                        throw new FormatException(
                            $"it has both {payloadName} and {name}; it must have only one of them"
                        );
                    (payloadName, payload) = (name, ReadPayload(ref reader, name, json));
                    break;
                default:
                    throw new FormatException(
                        $"'{HttpProblem.Sanitize(name)}' is not a member of a record; it must be {Members}"
                    );
            }
        }
        while (reader.Read()) { }
        if (payloadName.Length == 0)
            throw new FormatException("it has no payload; it must have text, base64 or json");
        var record = new ConveyorRecord(id, payload) { Key = key, EventTime = eventTime };
        return headers is null ? record : record with { Headers = headers };
    }

    /// <exception cref="FormatException">The value is not text that can be written as UTF-8.</exception>
    public static string ReadText(ref Utf8JsonReader reader, string name)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException(
                $"'{HttpProblem.Sanitize(name)}' has half of a surrogate pair; it must be a valid string"
            );
        }
    }

    static string? ReadTextOrNull(ref Utf8JsonReader reader, string name) =>
        reader.TokenType switch
        {
            JsonTokenType.String => ReadText(ref reader, name),
            JsonTokenType.Null => null,
            _ => throw CreateInvalid(ref reader, name, "a string"),
        };

    static DateTimeOffset? ReadTime(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        return reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time)
            ? time
            : throw CreateInvalid(ref reader, "eventTime", "a time such as \"2026-11-26T16:00:00Z\"");
    }

    static FixedHeaders ReadHeaders(ref Utf8JsonReader reader, IReadOnlyDictionary<string, string>? added)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw CreateInvalid(ref reader, "headers", "an object of strings");
        var headers = added is null
            ? new Dictionary<string, string>(StringComparer.Ordinal)
            : new(added, StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadText(ref reader, "a header's name");
            reader.Read();
            headers[name] =
                ReadTextOrNull(ref reader, $"headers.{HttpProblem.Sanitize(name)}")
                ?? throw new FormatException($"headers.{HttpProblem.Sanitize(name)} is null; it must be a string");
        }
        return new(headers);
    }

    static ReadOnlyMemory<byte> ReadPayload(ref Utf8JsonReader reader, string name, ReadOnlyMemory<byte> json)
    {
        if (name == "json")
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            return json[start..(int)reader.BytesConsumed].ToArray();
        }
        if (reader.TokenType != JsonTokenType.String)
            throw CreateInvalid(ref reader, name, "a string");
        if (name == "text")
            return System.Text.Encoding.UTF8.GetBytes(ReadText(ref reader, name));
        return reader.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : throw CreateInvalid(ref reader, name, "valid base64");
    }

    static FormatException CreateInvalid(ref Utf8JsonReader reader, string name, string right) =>
        new($"{name} is {JsonText.DescribeValue(ref reader)}; it must be {right}");
}
