using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>Specifies how the records of a body are separated.</summary>
enum BodyFormat
{
    /// <summary>One record of any bytes per line.</summary>
    Lines,

    /// <summary>One JSON value per line; blank lines are skipped.</summary>
    JsonLines,

    /// <summary>
    /// A JSON array with one record per item. A body that does not begin with a bracket is read as lines.
    /// </summary>
    JsonArray,
}

/// <summary>Reads the headers that describe a body.</summary>
static class BodyFormats
{
    const string Allowed = "application/x-ndjson, application/json (an array) or text/plain (a record per line)";

    /// <summary>Returns the format of a request's body.</summary>
    /// <remarks>
    /// A body without a specific content type is read as lines; <c>curl --data-binary</c>, for example, declares every
    /// body to be a form.
    /// </remarks>
    /// <exception cref="HttpProblem">The content type is not supported.</exception>
    public static BodyFormat Detect(HttpRequest request)
    {
        var given = request.ContentType ?? "";
        var type = BodyType.GetMediaType(given);
        var format = type switch
        {
            "application/x-ndjson"
            or "application/ndjson"
            or "application/jsonl"
            or "application/x-jsonlines"
            or "application/jsonlines"
            or "application/json-lines" => BodyFormat.JsonLines,
            "application/json" => BodyFormat.JsonArray,
            "text/plain" or "application/octet-stream" => BodyFormat.Lines,
            _ when BodyType.IsUnspecific(type) => BodyFormat.Lines,
            _ => throw BodyType.CreateUnsupportedProblem("Content-Type", given, Allowed),
        };
        var charset = BodyType.GetCharset(given);
        return format switch
        {
            // JSON is read as UTF-8. Lines may have any bytes, but a newline must be one byte.
            not BodyFormat.Lines when !BodyType.IsUtf8(charset) => throw BodyType.CreateUnsupportedProblem(
                "Content-Type",
                given,
                $"{type} without a charset or with charset=utf-8"
            ),
            BodyFormat.Lines
                when charset.StartsWith("utf-16", StringComparison.Ordinal)
                    || charset.StartsWith("utf-32", StringComparison.Ordinal) =>
                throw BodyType.CreateUnsupportedProblem(
                    "Content-Type",
                    given,
                    "text in a character set whose newline is one byte, such as UTF-8"
                ),
            _ => format,
        };
    }

    /// <summary>Returns whether a request's body is compressed with gzip.</summary>
    /// <exception cref="HttpProblem">The content encoding is not supported.</exception>
    public static bool IsGzip(HttpRequest request)
    {
        if (
            request.Headers.TransferEncoding.ToString().Trim().ToLowerInvariant()
            is not ("" or "chunked")
                and var transfer
        )
            throw BodyType.CreateUnsupportedProblem(
                "Transfer-Encoding",
                transfer,
                "chunked; compression is Content-Encoding: gzip"
            );
        return request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
        {
            "" or "identity" => false,
            "gzip" or "x-gzip" => true,
            var other => throw BodyType.CreateUnsupportedProblem("Content-Encoding", other, "gzip or identity"),
        };
    }
}
