using Microsoft.Net.Http.Headers;

namespace ConveyorActors.Http.Wire;

/// <summary>Reads the content type of a request's body.</summary>
static class BodyType
{
    const string Form = "application/x-www-form-urlencoded";

    /// <summary>
    /// Returns the media type in lower case, without parameters; empty: the request has no content type. One that begins
    /// with its parameters is returned as it is, because it is no media type.
    /// </summary>
    public static string GetMediaType(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var type = (end < 0 ? contentType : contentType[..end]).Trim();
        return (type.Length > 0 ? type : contentType.Trim()).ToLowerInvariant();
    }

    /// <summary>Returns the character set in lower case; empty: the content type has none.</summary>
    public static string GetCharset(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var parsed)
            ? parsed.Charset.Value?.Trim('"').ToLowerInvariant() ?? ""
            : "";

    /// <summary>Returns whether text in this character set can be read as UTF-8.</summary>
    public static bool IsUtf8(string charset) => charset is "" or "utf-8" or "utf8" or "us-ascii" or "ascii";

    /// <summary>
    /// Returns whether a media type says nothing of the body: there is none, or it is the one that <c>curl -d</c> and
    /// <c>--data-binary</c> send with every body.
    /// </summary>
    public static bool IsUnspecific(string mediaType) => mediaType is "" or Form;

    /// <exception cref="HttpProblem">
    /// The body has a content type other than JSON in UTF-8, or is compressed.
    /// </exception>
    public static void RequireJson(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString().Trim();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw CreateUnsupportedProblem(
                "Content-Encoding",
                encoding,
                "identity, or left out; only a body of records may be compressed"
            );
        var given = request.ContentType ?? "";
        var type = GetMediaType(given);
        var isJson =
            IsUnspecific(type)
            || type == JsonText.MediaType
            || type.StartsWith("application/", StringComparison.Ordinal)
                && type.EndsWith("+json", StringComparison.Ordinal);
        if (!isJson || !IsUtf8(GetCharset(given)))
            throw CreateUnsupportedProblem("Content-Type", given, "application/json in UTF-8, or left out");
    }

    public static HttpProblem CreateUnsupportedProblem(string header, string given, string right) =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            "unsupported-body",
            $"{header} is '{HttpProblem.Sanitize(given)}'; it must be {right}"
        );
}
