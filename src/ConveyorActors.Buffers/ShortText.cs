using System.Globalization;

namespace ConveyorActors.Buffers;

/// <summary>Shortens ids of records for messages, which may be of any length.</summary>
static class ShortText
{
    const int MaxLength = 100;

    /// <summary>
    /// Returns a text of at most 100 characters as it is, and of a longer one the first 100 and its length.
    /// </summary>
    public static string Create(string text)
    {
        if (text.Length <= MaxLength)
            return text;
        var end = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return string.Create(CultureInfo.InvariantCulture, $"{text[..end]}... ({text.Length:N0} characters)");
    }
}
