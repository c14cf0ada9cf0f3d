using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ConveyorActors.Http.Wire;

/// <summary>Shared parts of the code that reads and writes JSON.</summary>
static class JsonText
{
    public const string MediaType = "application/json";

    /// <summary>The depth to which .NET's readers of JSON read by default.</summary>
    const int MaxDepth = 64;

    /// <summary>The beginning of .NET's messages for JSON that is deeper.</summary>
    const string DepthMessage = "The maximum configured depth";

    /// <summary>The beginning of .NET's message for JSON that ends within an array or object.</summary>
    const string UnclosedMessage = "Expected depth to be zero";

    /// <summary>Number of bytes after which a part of a long response is sent.</summary>
    const int FlushedAt = 64 << 10;

    /// <summary>
    /// Gets the options for compact JSON. The JSON is not embedded in HTML, so characters outside ASCII are not
    /// escaped.
    /// </summary>
    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Returns a sentence that says why a text cannot be read as JSON, with the position of the byte if it is known.
    /// </summary>
    /// <param name="e">The exception of the reader.</param>
    /// <param name="subject">The text in the sentence, such as "the body".</param>
    public static string DescribeError(JsonException e, string subject)
    {
        var at = e.BytePositionInLine is { } position ? $", at byte {position + 1}" : "";
        return e.Message.StartsWith(DepthMessage, StringComparison.Ordinal)
            ? $"{subject} has arrays or objects nested more than {MaxDepth} deep{at}; it must have at most {MaxDepth} levels"
            : $"{subject} is not JSON: {HttpProblem.Sanitize(GetReason(e))}{at}";
    }

    /// <summary>
    /// Returns the reason why a text is not valid JSON, without a position and without advice for programmers.
    /// </summary>
    public static string GetReason(JsonException e)
    {
        var text = e.Message;
        if (text.StartsWith(UnclosedMessage, StringComparison.Ordinal))
            return "an object or array is not closed";
        foreach (
            var tail in (string[])
                [
                    " LineNumber:",
                    " Path:",
                    " Change the reader",
                    " which is not supported",
                    " Expected the input to start",
                ]
        )
            if (text.IndexOf(tail, StringComparison.Ordinal) is > 0 and var at)
                text = text[..at];
        return text.TrimEnd('.', ' ');
    }

    /// <summary>Returns a value for a message: a string in its own quotes, others in single quotes.</summary>
    public static string DescribeValue(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
            ? $"\"{HttpProblem.Sanitize(value.GetRawText()[1..^1])}\""
            : $"'{HttpProblem.Sanitize(value.GetRawText())}'";

    /// <summary>Returns the value that a reader is at, for a message; arrays and objects are named only.</summary>
    public static string DescribeValue(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.StartArray => "an array",
            JsonTokenType.StartObject => "an object",
            JsonTokenType.String => $"\"{HttpProblem.Sanitize(Encoding.UTF8.GetString(reader.ValueSpan))}\"",
            _ => $"'{HttpProblem.Sanitize(Encoding.UTF8.GetString(reader.ValueSpan))}'",
        };

    /// <summary>Writes an array into the current object, and sends a part each time enough bytes are pending.</summary>
    public static async Task WriteArrayAsync<T>(
        HttpContext context,
        Utf8JsonWriter json,
        string name,
        IReadOnlyList<T> items,
        Action<Utf8JsonWriter, T> write
    )
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(json, item);
            if (json.BytesPending >= FlushedAt)
                await SendAsync(context, json).ConfigureAwait(false);
        }
        json.WriteEndArray();
    }

    /// <summary>Sends the bytes written so far.</summary>
    public static async Task SendAsync(HttpContext context, Utf8JsonWriter json)
    {
        await json.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes one object as the response.</summary>
    public static async Task WriteAsync(
        HttpContext context,
        Action<Utf8JsonWriter> write,
        int status = StatusCodes.Status200OK
    )
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, Compact))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        context.Response.StatusCode = status;
        context.Response.ContentType = MediaType;
        context.Response.ContentLength = body.Length;
        await context
            .Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted)
            .ConfigureAwait(false);
    }
}
