using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace ConveyorActors.Http.Inspecting;

/// <summary>Chooses between a table and JSON by what a client accepts.</summary>
static class ReplyFormat
{
    public const string TextType = "text/plain";

    static readonly MediaTypeHeaderValue Text = new(TextType) { Charset = "utf-8" };
    static readonly MediaTypeHeaderValue Json = new(JsonText.MediaType) { Charset = "utf-8" };

    /// <summary>
    /// Returns whether a client prefers text: by its quality and, if both have the same, by a media type that is more
    /// specific. Otherwise the reply is JSON.
    /// </summary>
    public static bool IsTextPreferred(RequestHeaders headers)
    {
        var accepted = headers.Accept;
        var text = Rate(Text, accepted);
        return text.Quality > 0 && text.CompareTo(Rate(Json, accepted)) > 0;
    }

    /// <summary>Returns the quality of the most specific range that has a type, and how specific it is.</summary>
    static (double Quality, int Specificity) Rate(MediaTypeHeaderValue type, IList<MediaTypeHeaderValue> accepted) =>
        accepted
            .Where(type.IsSubsetOf)
            .Select(range => (range.Quality ?? 1, Specificity: GetSpecificity(range)))
            .OrderByDescending(r => r.Specificity)
            .FirstOrDefault();

    static int GetSpecificity(MediaTypeHeaderValue range) =>
        range.MatchesAllTypes ? 0
        : range.MatchesAllSubTypes ? 1
        : 2;
}
