using System.Text.Encodings.Web;
using System.Text.Json;

namespace ConveyorActors.Http.Wire;

/// <summary>Shared parts of the code that reads and writes JSON.</summary>
static class JsonText
{
    public const string MediaType = "application/json";

    /// <summary>Number of bytes after which a part of a long response is sent.</summary>
    const int FlushedAt = 64 << 10;

    /// <summary>
    /// Gets the options for compact JSON. The JSON is not embedded in HTML, so characters outside ASCII are not
    /// escaped.
    /// </summary>
    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the reason why a text is not valid JSON, with the position of the byte.</summary>
    public static string DescribeReason(JsonException e)
    {
        var text = HttpProblem.Sanitize(GetReason(e));
        return e.BytePositionInLine is { } position ? $"{text}, at byte {position + 1}" : text;
    }

    /// <summary>
    /// Returns the reason why a text is not valid JSON, without a position and without advice for programmers.
    /// </summary>
    public static string GetReason(JsonException e)
    {
        var text = e.Message;
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
