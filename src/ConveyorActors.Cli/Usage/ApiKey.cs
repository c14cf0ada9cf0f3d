namespace ConveyorActors.Cli.Usage;

/// <summary>Checks the key that requests to a server must have.</summary>
static class ApiKey
{
    /// <summary>The environment variable that may give the key.</summary>
    public const string Variable = "CONVEYOR_API_KEY";

    public const int MinLength = 16;

    /// <summary>Returns the reason why a text cannot be the key of a server; null: it can.</summary>
    public static string? Validate(string text) =>
        ValidateLines(text)
        ?? (
            text.Length >= MinLength && text.All(IsVisible)
                ? null
                : $"has {CountText.FormatWithNoun(text.Length, "character")}; it must have at least {MinLength}, all of them visible ASCII, such as the output of 'openssl rand -hex 32'"
        );

    /// <summary>
    /// Returns the reason why a text cannot be sent as a key; null: it can. Servers of other programs may have shorter
    /// keys.
    /// </summary>
    public static string? ValidateSent(string text) =>
        ValidateLines(text)
        ?? (
            text.Length == 0 ? "is empty; it must be the server's key"
            : text.All(IsVisible) ? null
            : "has characters other than visible ASCII; it must be the server's key"
        );

    static string? ValidateLines(string text) =>
        text.Split('\n') is { Length: > 1 } lines ? $"has {lines.Length} lines; it must be one line" : null;

    static bool IsVisible(char c) => c is > ' ' and <= '~';
}
