using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// A request that fails, reported as problem details (RFC 9457). The message names the thing, its value and what would
/// be right.
/// </summary>
/// <param name="status">The status code.</param>
/// <param name="kind">The kind of problem, as words joined by dashes; the last part of the problem's type.</param>
/// <param name="detail">The message.</param>
sealed class HttpProblem(int status, string kind, string detail) : Exception(detail), IResult
{
    public const string MediaType = "application/problem+json";

    const string TypePrefix = "urn:conveyor:problem:";

    // The document is not embedded in HTML, so characters outside ASCII are not escaped.
    static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public int Status => status;

    public string Kind => kind;

    /// <summary>
    /// Gets the time after which the client should try again, in seconds; null: trying again does not help.
    /// </summary>
    public int? RetryAfter { get; init; }

    /// <summary>Gets additional members of the problem document.</summary>
    public IReadOnlyList<(string Name, object? Value)> Members { get; init; } = [];

    /// <summary>Returns the same problem with other additional members.</summary>
    public HttpProblem With(IReadOnlyList<(string Name, object? Value)> members) =>
        new(status, kind, Message) { RetryAfter = RetryAfter, Members = members };

    public static HttpProblem CreateInvalid(string detail) =>
        new(StatusCodes.Status400BadRequest, "invalid-request", detail);

    public static HttpProblem CreateInvalid(string name, string value, string right) =>
        CreateInvalid($"{name} is '{Sanitize(value)}'; it must be {right}");

    public static HttpProblem CreateNotFound(string detail) => new(StatusCodes.Status404NotFound, "not-found", detail);

    static bool IsHidden(char c) =>
        char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format;

    /// <summary>Returns a value that is safe to show: without control characters, and shortened.</summary>
    public static string Sanitize(string value)
    {
        const int most = 100;
        var cut = value.Length > most ? value[..most] + "..." : value;
        return string.Create(
            cut.Length,
            cut,
            static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                    to[i] = IsHidden(from[i]) || char.IsSurrogate(from[i]) ? '?' : from[i];
            }
        );
    }

    public async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted)
            return;
        response.StatusCode = status;
        response.ContentType = MediaType;
        if (RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, Readable))
            Write(json);
        await response
            .Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted)
            .ConfigureAwait(false);
    }

    void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", TypePrefix + kind);
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
        json.WriteNumber("status", status);
        json.WriteString("detail", Message);
        foreach (var (name, value) in Members)
        {
            switch (value)
            {
                case null:
                    json.WriteNull(name);
                    break;
                case int number:
                    json.WriteNumber(name, number);
                    break;
                case long number:
                    json.WriteNumber(name, number);
                    break;
                case bool flag:
                    json.WriteBoolean(name, flag);
                    break;
                default:
                    json.WriteString(name, value.ToString());
                    break;
            }
        }
        json.WriteEndObject();
    }
}
