using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>How the records of a body are separated.</summary>
enum BodyFormat
{
    /// <summary>A record for each line, any bytes.</summary>
    Lines,

    /// <summary>A value of JSON for each line; blank lines are left out.</summary>
    JsonLines,

    /// <summary>
    /// An array of JSON; each item is a record. A body that does not begin with a bracket is read as lines.
    /// </summary>
    JsonArray,
}

/// <summary>Reads the headers that say what a body is.</summary>
static class BodyFormats
{
    const string Allowed = "application/x-ndjson, application/json (an array) or text/plain (a record per line)";

    /// <summary>Returns the format of a request's body.</summary>
    /// <remarks>
    /// Clients that send bytes and say nothing of what they are (<c>curl --data-binary</c> calls everything a form)
    /// send lines.
    /// </remarks>
    /// <exception cref="HttpProblem">The body is of another kind.</exception>
    public static BodyFormat Of(HttpRequest request)
    {
        var given = request.ContentType ?? "";
        var end = given.IndexOf(';', StringComparison.Ordinal);
        var type = (end < 0 ? given : given[..end]).Trim().ToLowerInvariant();
        return type switch
        {
            "application/x-ndjson"
            or "application/ndjson"
            or "application/jsonl"
            or "application/x-jsonlines"
            or "application/jsonlines"
            or "application/json-lines" => BodyFormat.JsonLines,
            "application/json" => BodyFormat.JsonArray,
            "" or "application/x-www-form-urlencoded" or "application/octet-stream" => BodyFormat.Lines,
            _ when type.StartsWith("text/", StringComparison.Ordinal) => BodyFormat.Lines,
            _ => throw Unsupported("Content-Type", given, Allowed),
        };
    }

    /// <summary>Returns whether a request's body is compressed with gzip.</summary>
    /// <exception cref="HttpProblem">It is encoded in another way.</exception>
    public static bool IsGzip(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
        {
            "" or "identity" => false,
            "gzip" or "x-gzip" => true,
            var other => throw Unsupported("Content-Encoding", other, "gzip or identity"),
        };

    static HttpProblem Unsupported(string header, string given, string right) =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            "unsupported-body",
            $"{header} is '{HttpProblem.Shown(given)}'; it must be {right}"
        );
}
