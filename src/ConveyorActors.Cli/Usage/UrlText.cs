namespace ConveyorActors.Cli.Usage;

/// <summary>Makes the text of a URL safe to show.</summary>
static class UrlText
{
    const string SchemeEnd = "://";

    /// <summary>
    /// Returns the text of a URL with "***" in place of the user and the password. The text need not be a valid URL.
    /// </summary>
    public static string HideUserInfo(string text)
    {
        // A password that was not encoded may itself contain '@', '/', '?' and '#'.
        var end = text.LastIndexOf('@');
        var scheme = text.IndexOf(SchemeEnd, StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + SchemeEnd.Length;
        return end < start ? text : $"{text[..start]}***{text[end..]}";
    }

    /// <summary>
    /// Returns a word of a command line, without the user and the password if there is a URL in it, with or without its
    /// scheme.
    /// </summary>
    public static string HideUserInfoIfUrl(string word) =>
        word.Contains(SchemeEnd, StringComparison.Ordinal)
        || word.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon && colon < word.LastIndexOf('@')
            ? HideUserInfo(word)
            : word;
}
